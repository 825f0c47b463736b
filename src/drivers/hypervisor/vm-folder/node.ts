/** The controller's folders on a node: making them, and removing them without a trace. */
import { type Call, type Host, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { limitedResources } from '../../../model/node/node.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { DriverProbe, NodeLayout } from '../driver.ts';
import { dropGroups, groupFunctions, groupName, groupPlaces } from './cgroups.ts';

/** Exit code of prepareScript where a folder above does not let the VMs' users pass. */
const closedFolder = 77;

/**
 * Makes the controller's folders; which of their parents had to be made is noted in the folder `undo`. Arguments: state
 * folder, run folder. The VMs' users may pass through the folders, but not look into them.
 */
const prepareScript = `
set -eu
state=$1 run=$2
umask 066
made=
for folder in "$state" "$run"; do
  while [ -n "$folder" ] && [ ! -d "$folder" ]; do
    made="$made$folder
"
    folder=\${folder%/*}
  done
done
mkdir -p "$state/images" "$state/vms" "$state/undo" "$run/vms"
chmod 711 "$state" "$state/images" "$state/vms" "$run" "$run/vms"
chmod 700 "$state/undo"
[ -f "$state/undo/folders" ] || printf %s "$made" >"$state/undo/folders"
for folder in "$state" "$run"; do
  while [ -n "$folder" ]; do
    case $(stat -c %a "$folder") in
    *[1357]) ;;
    *) echo "$folder" >&2; exit ${closedFolder} ;;
    esac
    folder=\${folder%/*}
  done
done
`;

/** Takes back what prepareScript did. Arguments: as there. Parents that were made for this controller go when they are empty. */
const purgeScript = `
set -eu
state=$1 run=$2
made=
[ ! -f "$state/undo/folders" ] || made=$(cat "$state/undo/folders")
rm -rf "$state" "$run"
printf '%s\\n' "$made" | while IFS= read -r folder; do
  [ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || :
done
`;

/**
 * Prints the version of the QEMU for the node's own architecture; what the driver needs besides must be there too. Then what
 * control groups limit of VMs. Arguments: those of show_limits.
 */
const probeScript = `
${groupFunctions}
for tool in qemu-img setpriv flock; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done
qemu="qemu-system-$(uname -m)"
command -v "$qemu" >/dev/null || { echo "$qemu is not installed" >&2; exit 1; }
"$qemu" --version || exit 1
show_limits "$@"
`;

/** See `HypervisorDriver.probe`. */
export function probeQemu(): Call<DriverProbe> {
  return {
    command: { argv: ['sh', '-c', probeScript, 'croft-probe', ...groupPlaces] },
    parse({ code, stdout, stderr }) {
      const version = /\d+(\.\d+)+/.exec(stdout)?.[0];
      if (code === 0 && version !== undefined) {
        return { usable: true, version, limits: limitedResources.filter((resource) => stdout.includes(`\nlimits ${resource}\n`)) };
      }
      return { usable: false, reason: stderr.trim() || `it ended with exit code ${code}` };
    },
  };
}

/** Major and minor version of the QEMU that VMs are started with. */
export async function installedVersion(host: Host): Promise<string> {
  const result = await run(host, { argv: ['qemu-system-x86_64', '--version'] });
  const version = /version (\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.code === 0 && version !== undefined) return version;
  throw new CroftError('node.unfit', `the version of QEMU on ${host.name} cannot be read: ${result.stderr.trim()}`, { node: host.name });
}

/** Makes the folders ready. Repeating it does no harm. Rejects with `node.unfit` where VMs could not reach their files in them. */
export async function prepareNode(host: Host, layout: NodeLayout): Promise<void> {
  await onFolders(host, layout, prepareScript, 'could not be made');
}

/** Removes the controller's folders with all that is in them. No VM may run. */
export async function purgeNode(host: Host, layout: NodeLayout): Promise<void> {
  await onFolders(host, layout, purgeScript, 'could not be removed');
  await run(host, { argv: ['sh', '-c', dropGroups, 'croft-groups', groupPlaces[0], groupName(layout.controllerId)] });
}

async function onFolders(host: Host, layout: NodeLayout, script: string, failure: string): Promise<void> {
  const { stateFolder, runFolder } = layout;
  const result = await run(host, { argv: ['sh', '-c', script, 'croft-node', stateFolder, runFolder], timeout: 120_000 });
  if (result.code === 0) return;
  if (result.code === closedFolder) {
    const folder = result.stderr.trim();
    throw new CroftError('node.unfit', `${folder} on ${host.name} does not let the users of VMs pass to their files`, {
      hint: `Run on ${host.name}: chmod o+x ${folder}`,
      node: host.name,
    });
  }
  throw diskFailure(`${stateFolder} and ${runFolder} on ${host.name} ${failure}`, result, host.name);
}
