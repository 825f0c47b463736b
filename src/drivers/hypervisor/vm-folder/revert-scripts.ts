/**
 * The constant shell scripts that put a VM's disks back, and mark it meanwhile. POSIX sh; data reaches them as arguments only.
 * From before the first disk is touched until all of it is put back, the VM's folder has the file `reverting` with the tag of the
 * snapshot: a VM with some disks of now and some of then must not run.
 */
import { beginOffline } from './snapshot-scripts.ts';

const markFunctions = `
mark_half() {
  printf '%s\\n' "$2" >"$1/reverting.new"
  sync "$1/reverting.new"
  mv -f "$1/reverting.new" "$1/reverting"
  sync "$1"
}
mark_whole() {
  rm -f "$1/reverting"
  sync "$1"
}
`;

const diskFunction = `
put_back() {
  as_user qemu-img snapshot -a "$tag" "$1"
  [ -z "$2" ] || grow_disk "$1" "$2"
  sync "$1"
}
`;

/** Ends a script with words where a VM that is half put back is to go on: its \$state is its folder, \$paused not empty where it does nothing yet. */
export const refuseHalf = `
if [ -z "$paused" ] && [ -f "$state/reverting" ]; then
  read -r tag <"$state/reverting"
  echo "it is half put back to its snapshot \${tag#croft-}" >&2
  exit 1
fi
`;

/**
 * Arguments: as of takeSnapshot, after each disk the size that it has at least, or nothing. Repeating it does no harm.
 */
export const applySnapshot = `
${beginOffline}
${markFunctions}
${diskFunction}
mark_half "$state" "$tag"
restore_variables
while [ "$#" -ge 2 ]; do
  put_back "$1" "$2"
  shift 2
done
mark_whole "$state"
`;

/**
 * Puts back what a revert that was cut off has left. Arguments: as of applySnapshot, the first disk last; the tag is the one of the
 * mark. A disk without such a snapshot came later, since all had it when the first was touched; the first disk must have it still.
 */
export const finishRevert = `
${beginOffline}
${markFunctions}
${diskFunction}
[ -f "$state/reverting" ] || exit 0
read -r tag <"$state/reverting"
echo "snapshot \${tag#croft-}:" >&2
restore_variables
while [ "$#" -ge 2 ]; do
  snapshots=
  [ ! -f "$1" ] || snapshots=$(as_user qemu-img snapshot -U -l "$1")
  last=
  if printf '%s\\n' "$snapshots" | grep -q "^[0-9][0-9]* *$tag "; then
    last=$1
    put_back "$1" "$2"
  fi
  shift 2
done
[ -n "$last" ] || { echo "its first disk has no such snapshot any more" >&2; exit 1; }
mark_whole "$state"
`;

/** Marks a VM whose QEMU is to load a snapshot. Arguments: state folder, tag. */
export const beginLoad = `
set -eu
${markFunctions}
mark_half "$1" "$2"
`;

/** What was loaded is whole, and still paused: whoever finds it so lets it go on. Arguments: state folder, run folder. */
export const endLoad = `
set -eu
${markFunctions}
: >"$2/paused"
mark_whole "$1"
`;
