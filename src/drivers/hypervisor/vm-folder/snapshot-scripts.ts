/** The constant shell scripts for the snapshots inside a VM's disks while it does not run. POSIX sh; data reaches them as arguments only. */
import { diskFunctions } from '../../../tools/qemu-img.ts';
import { findProcess, lock } from './process-scripts.ts';

/** Exit code where the VM runs: its disks are then QEMU's alone. */
export const stillRuns = 46;

/** What a disk says of itself may come from its guest, so that only the VM's own user reads it. */
const confined = `
as_user() {
  setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs "$@"
}
`;

/** Prints what qemu-img says of each disk that is there, one JSON document after the other. Arguments: user, then the disks. */
export const showSnapshots = `
${confined}
user=$1
shift
for file in "$@"; do
  [ -f "$file" ] || { echo null; continue; }
  as_user qemu-img info --force-share --output=json -f qcow2 "$file" || exit 1
done
`;

/**
 * What a snapshot has beside the disks, whole under its own name. Without memory it is a copy of the variables of UEFI,
 * VARIABLES.TAG; with memory they are a part of that, and it is what was the machine, machine.TAG in the same folder.
 */
const companionFunctions = `
replace() {
  unfinished=$2.new
  trap 'rm -f "$unfinished"' EXIT
  (umask 077 && cp "$1" "$unfinished")
  chown "$user:$user" "$unfinished"
  sync "$unfinished"
  mv "$unfinished" "$2"
}
keep_variables() {
  [ ! -f "$variables" ] || replace "$variables" "$variables.$tag"
}
restore_variables() {
  [ ! -f "$variables.$tag" ] || replace "$variables.$tag" "$variables"
}
drop_companions() {
  rm -f "$variables.$tag" "\${variables%/*}/machine.$tag"
}
`;

/** Arguments: user, variables, tag. Its QEMU may run: a firmware finds its variables whole also where it was cut off in writing them. */
export const keepVariables = `
set -eu
${companionFunctions}
user=$1 variables=$2 tag=$3
keep_variables
`;

/** Arguments: as of keepVariables; input: what the machine is. Nobody but root reads or writes it. */
export const keepMachine = `
set -eu
umask 077
kept=\${2%/*}/machine.$3
trap 'rm -f "$kept.new"' EXIT
cat >"$kept.new"
sync "$kept.new"
mv "$kept.new" "$kept"
`;

/** Prints it, or nothing where the snapshot has none. Arguments: as of keepVariables. */
export const showMachine = `
kept=\${2%/*}/machine.$3
if [ -e "$kept" ]; then exec cat "$kept"; fi
`;

/** Arguments: as of keepVariables. */
export const dropCompanions = `
${companionFunctions}
user=$1 variables=$2 tag=$3
drop_companions
`;

/** Of a script that works on the disks of a VM that does not run; its arguments are those of takeSnapshot. */
export const beginOffline = `
set -eu
${lock}
${findProcess}
${diskFunctions}
${confined}
${companionFunctions}
state=$1 run=$2 user=$3 name=$4 variables=$5 tag=$6
shift 6
[ -d "$state" ] || { echo "$state is not there" >&2; exit 1; }
lock "$state"
if find_process "$run" "$user" "$name"; then echo "process $process runs" >&2; exit ${stillRuns}; fi
tagged() {
  as_user qemu-img snapshot -U -l "$1" | grep -q "^[0-9][0-9]* *$tag "
}
`;

/**
 * Arguments: state folder, run folder, user, process name, variables, tag, then the disks: the snapshot counts once the last has
 * it. A disk that only the next start makes has nothing to keep.
 */
export const takeSnapshot = `
${beginOffline}
for last in "$@"; do :; done
[ -f "$last" ] || { echo "$last is not there" >&2; exit 1; }
keep_variables
for file in "$@"; do
  [ -f "$file" ] || continue
  if tagged "$file"; then as_user qemu-img snapshot -d "$tag" "$file"; fi
  as_user qemu-img snapshot -c "$tag" "$file"
  sync "$file"
done
`;

/** Arguments: as of takeSnapshot, but the disk that it counts by comes first. What the VM is half put back to stays. */
export const dropSnapshot = `
${beginOffline}
half=
[ ! -f "$state/reverting" ] || read -r half <"$state/reverting"
[ "$half" != "$tag" ] || { echo "the VM is half put back to it" >&2; exit 1; }
for file in "$@"; do
  [ -f "$file" ] || continue
  if tagged "$file"; then as_user qemu-img snapshot -d "$tag" "$file"; fi
done
drop_companions
`;
