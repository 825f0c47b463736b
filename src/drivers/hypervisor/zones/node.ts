/** The controller's place on a node with zones: one ZFS dataset and two folders; making them, and removing them without a trace. */
import { type Host, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { zfsFailure, zfsFunctions } from '../../../tools/zfs.ts';
import type { NodeLayout } from '../driver.ts';

/** Exit codes of prepareScript: the state folder lies in a boot environment, on no ZFS file system; the dataset's name is taken by someone else. */
const inBootEnvironment = 76;
const noZfs = 77;
const taken = 78;

/**
 * Makes the controller's dataset below the one in which the state folder lies, and notes its name in the state folder.
 * Which parents of the folders had to be made is noted in the folder \`undo\`. zoneadm wants a zone's parent folders to be
 * writable for root alone. Below a boot environment nothing is made anew: pkg and beadm clone, mount and destroy that with all
 * that is in it (beadm(8)). Arguments: state folder, run folder, controller.
 */
const prepareScript = `
set -eu
${zfsFunctions}
state=$1 run=$2 controller=$3
at=$state
while [ -n "$at" ] && [ ! -d "$at" ]; do at=\${at%/*}; done
parent=$(zfs list -H -o name "\${at:-/}") || exit ${noZfs}
dataset=$parent/croft-$controller
case $parent in
*/ROOT/*) has "$dataset" || { echo "$parent" >&2; exit ${inBootEnvironment}; } ;;
esac
umask 022
made=
for folder in "$state" "$run"; do
  while [ -n "$folder" ] && [ ! -d "$folder" ]; do
    made="$made$folder
"
    folder=\${folder%/*}
  done
done
mkdir -p "$state/images" "$state/vms" "$state/undo" "$run"
chmod 711 "$state" "$state/images" "$run"
chmod 700 "$state/vms" "$state/undo"
[ -f "$state/undo/folders" ] || printf %s "$made" >"$state/undo/folders"
if has "$dataset"; then
  [ "$(zfs get -H -o value croft:controller "$dataset")" = "$controller" ] || { echo "$dataset" >&2; exit ${taken}; }
else
  zfs create -o mountpoint=none -o compression=on -o com.sun:auto-snapshot=false -o "croft:controller=$controller" "$dataset"
fi
has "$dataset/zones" || zfs create -o "mountpoint=$state/zones" "$dataset/zones"
has "$dataset/images" || zfs create "$dataset/images"
has "$dataset/vms" || zfs create "$dataset/vms"
printf '%s\\n' "$dataset" >"$state/dataset"
`;

/** Takes back what prepareScript did. Arguments: as there. Parents that were made for this controller go when they are empty. */
const purgeScript = `
set -eu
${zfsFunctions}
state=$1 run=$2 controller=$3
made='' dataset=''
[ ! -f "$state/undo/folders" ] || made=$(cat "$state/undo/folders")
[ ! -f "$state/dataset" ] || read -r dataset <"$state/dataset"
if [ -n "$dataset" ] && has "$dataset"; then
  [ "$(zfs get -H -o value croft:controller "$dataset")" = "$controller" ] || { echo "$dataset" >&2; exit ${taken}; }
  zfs destroy -r "$dataset"
fi
rm -rf "$state" "$run"
printf '%s\\n' "$made" | while IFS= read -r folder; do
  [ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || :
done
`;

/** Repeating it does no harm. Rejects with `node.unfit` where the state folder is not on ZFS, or in a boot environment. */
export async function prepareZonesNode(host: Host, layout: NodeLayout): Promise<void> {
  await onNode(host, layout, prepareScript, 'could not be made');
}

/** No zone of the controller may be left. */
export async function purgeZonesNode(host: Host, layout: NodeLayout): Promise<void> {
  await onNode(host, layout, purgeScript, 'could not be removed');
}

/** The controller's dataset. Rejects with `node.unfit` where the node was not prepared. */
export async function readDataset(host: Host, { stateFolder }: NodeLayout): Promise<string> {
  const { code, stdout } = await run(host, { argv: ['cat', `${stateFolder}/dataset`] });
  const dataset = stdout.trim();
  if (code === 0 && dataset !== '') return dataset;
  throw new CroftError('node.unfit', `${host.name} has no dataset for VMs yet`, { node: host.name });
}

async function onNode(host: Host, layout: NodeLayout, script: string, failure: string): Promise<void> {
  const { stateFolder, runFolder, controllerId } = layout;
  const result = await run(host, {
    argv: ['sh', '-c', script, 'croft-node', stateFolder, runFolder, controllerId],
    timeout: 120_000,
  });
  if (result.code === 0) return;
  const said = result.stderr.trim();
  if (result.code === noZfs) {
    throw new CroftError('node.unfit', `the state folder ${stateFolder} of ${host.name} is not on ZFS: ${said}`, {
      hint: 'Give the node a state folder on a ZFS file system.',
      node: host.name,
    });
  }
  if (result.code === inBootEnvironment) {
    const pool = said.split('/')[0];
    throw new CroftError(
      'node.unfit',
      `the state folder ${stateFolder} of ${host.name} lies in the boot environment ${said}, which updates of the system clone and remove with all that is in it`,
      {
        hint: `Make a file system for it there (zfs create -o mountpoint=/data ${pool}/data), and add the node again with --state-folder /data/croft.`,
        node: host.name,
      },
    );
  }
  if (result.code === taken) {
    throw new CroftError('conflict.exists', `the dataset ${said} of ${host.name} is there and is not this controller's`, {
      hint: `Look at it on ${host.name}: zfs get all ${said}`,
      node: host.name,
    });
  }
  throw zfsFailure(`${stateFolder} and ${runFolder} on ${host.name} ${failure}`, result);
}
