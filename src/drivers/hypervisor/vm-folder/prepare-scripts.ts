/** The constant shell scripts that make one VM's files on its node. POSIX sh; data reaches them as arguments and input only. */
import { diskFunctions } from '../../../tools/qemu-img.ts';
import { findProcess, lock } from './process-scripts.ts';

/** Exit code of prepareFirmware where the node has no UEFI firmware that fits. */
export const noFirmware = 78;

/** Prints the record of the VM, or an empty line, and then the names of its files. Argument: state folder. */
export const showPrepared = `
[ -d "$1" ] || exit 0
line=
[ ! -f "$1/launch.json" ] || IFS= read -r line <"$1/launch.json" || :
printf '%s\\n' "$line"
exec ls -1 "$1"
`;

/**
 * Makes the folder, and removes volumes that the VM no longer has. Arguments: state folder, run folder, user, process name,
 * then the files of volumes that stay.
 */
export const prepareFolder = `
set -eu
${lock}
${findProcess}
state=$1 run=$2 user=$3 name=$4
shift 4
(umask 066 && mkdir -p "\${state%/*}")
umask 077
mkdir -p "$state"
chown "0:$user" "$state"
chmod 710 "$state"
lock "$state"
for file in "$state"/volume-*; do
  [ -f "$file" ] || continue
  for kept in "$@"; do
    [ "$kept" != "$file" ] || continue 2
  done
  if find_process "$run" "$user" "$name"; then
    echo "process $process still uses $file" >&2
    exit 1
  fi
  rm -f "$file"
done
`;

/**
 * Makes a disk unless it is there; one that is there grows to its size. Under its own name a disk is always complete, and it
 * is never made twice. Arguments: state folder, user, file, base, the base's format, size; the last three may be empty.
 */
export const prepareDisk = `
set -eu
${lock}
${diskFunctions}
state=$1 user=$2 file=$3 base=$4 format=$5 size=$6
umask 077
lock "$state"
if [ -f "$file" ]; then
  [ -z "$size" ] || grow_disk "$file" "$size"
  exit 0
fi
trap 'rm -f "$file.new"' EXIT
rm -f "$file.new"
create_disk "$file.new" "$base" "$format" "$size"
chown "$user:$user" "$file.new"
sync "$file.new"
mv "$file.new" "$file"
`;

/**
 * Makes the VM's own variables, once, and the link to the code that goes with them: code and variables must be of one size
 * class. Arguments: user, link, variables, then pairs of code and template.
 */
export const prepareFirmware = `
set -eu
${lock}
user=$1 link=$2 variables=$3
shift 3
umask 077
lock "\${variables%/*}"
size=
[ ! -f "$variables" ] || size=$(stat -c %s "$variables")
while [ "$#" -ge 2 ]; do
  if [ -f "$1" ] && [ -f "$2" ] && [ "\${size:-$(stat -c %s "$2")}" = "$(stat -c %s "$2")" ]; then
    if [ -z "$size" ]; then
      trap 'rm -f "$variables.new"' EXIT
      cp "$2" "$variables.new"
      chown "$user:$user" "$variables.new"
      chmod 600 "$variables.new"
      sync "$variables.new"
      mv "$variables.new" "$variables"
    fi
    ln -sfn "$1" "$link"
    exit 0
  fi
  shift 2
done
exit ${noFirmware}
`;

/**
 * Writes the record that makes the VM complete, after the seed where there is a new one. Arguments: state folder, user,
 * record (one line), \`seed\` where the input is one.
 */
export const writeRecord = `
set -eu
${lock}
state=$1 user=$2 record=$3 input=$4
umask 077
lock "$state"
trap 'rm -f "$state/seed.iso.new" "$state/launch.json.new"' EXIT
if [ "$input" = seed ]; then
  cat >"$state/seed.iso.new"
  chown "0:$user" "$state/seed.iso.new"
  chmod 640 "$state/seed.iso.new"
  sync "$state/seed.iso.new"
  rm -f "$state/launch.json"
  mv "$state/seed.iso.new" "$state/seed.iso"
fi
printf '%s\\n' "$record" >"$state/launch.json.new"
sync "$state/launch.json.new"
mv "$state/launch.json.new" "$state/launch.json"
`;
