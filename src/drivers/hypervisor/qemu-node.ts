/** What QEMU needs of a node before its first VM, and taking all of it back. */
import { type Host, perform, run } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { NodeLayout } from './driver.ts';

/**
 * Makes the controller's folders and opens /dev/net/tun to unprivileged programs, as udev does it everywhere; what is
 * changed is noted in the folder `undo`. Arguments: state folder, run folder. The parents of both must let the VMs' users
 * pass, without letting them look.
 */
const prepareScript = `
set -eu
state=$1 run=$2
umask 066
made=
for folder in "$state" "$run"; do
  while [ ! -d "$folder" ]; do
    made="$made$folder
"
    folder=\${folder%/*}
  done
done
mkdir -p "$state/images" "$state/vms" "$state/undo" "$run/vms"
chmod 711 "$state" "$state/images" "$state/vms" "$run" "$run/vms"
chmod 700 "$state/undo"
[ -f "$state/undo/folders" ] || printf %s "$made" >"$state/undo/folders"
[ -c /dev/net/tun ] || modprobe tun || { echo "there is no /dev/net/tun" >&2; exit 69; }
mode=$(stat -c %a /dev/net/tun)
case $mode in
*6) ;;
*)
  [ -f "$state/undo/tun-mode" ] || echo "$mode" >"$state/undo/tun-mode"
  chmod 666 /dev/net/tun
  ;;
esac
`;

/** Takes back what prepareScript did. Arguments: as there. Parents that were made for this controller go when they are empty. */
const purgeScript = `
set -eu
state=$1 run=$2
mode= made=
[ ! -f "$state/undo/tun-mode" ] || read -r mode <"$state/undo/tun-mode"
[ ! -f "$state/undo/folders" ] || made=$(cat "$state/undo/folders")
case $mode in '' | *[!0-7]*) ;; *) chmod "$mode" /dev/net/tun ;; esac
rm -rf "$state" "$run"
printf '%s\\n' "$made" | while IFS= read -r folder; do
  [ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || :
done
`;

/** Makes the node's folders and device ready. Repeating it does no harm. Rejects with `node.unfit` where the kernel has no taps. */
export async function prepareNode(host: Host, layout: NodeLayout): Promise<void> {
  const result = await run(host, { argv: ['sh', '-c', prepareScript, 'croft-prepare', layout.stateFolder, layout.runFolder] });
  if (result.code === 69) {
    throw new CroftError('node.unfit', `${host.name} cannot make taps: ${result.stderr.trim()}`, {
      hint: 'Load the kernel module "tun" on it.',
      node: host.name,
    });
  }
  if (result.code !== 0) {
    throw new CroftError('command.failed', `the folders on ${host.name} could not be made: ${result.stderr.trim()}`, { node: host.name });
  }
}

/** Removes the controller's folders with all that is in them, and closes the device again where it was closed. No VM may run. */
export async function purgeNode(host: Host, layout: NodeLayout): Promise<void> {
  await perform(host, {
    command: { argv: ['sh', '-c', purgeScript, 'croft-purge', layout.stateFolder, layout.runFolder], timeout: 120_000 },
    parse({ code, stderr }) {
      if (code === 0) return;
      throw new CroftError('command.failed', `${layout.stateFolder} on ${host.name} could not be removed: ${stderr.trim()}`, {
        node: host.name,
      });
    },
  });
}
