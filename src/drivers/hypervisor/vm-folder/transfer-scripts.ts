/** The constant shell scripts that bring one VM from a node to another. POSIX sh; data reaches them as arguments and input only. */
import { findProcess, lock } from './process-scripts.ts';

/** Exit code of receiveFile where what came is not what was sent, and exit code of showFiles where the VM runs. */
export const differs = 45;
export const stillRuns = 46;

/** Prints the identifier of each VM of which a part has arrived. Argument: parent of the state folders. */
export const showArrivals = `
for folder in "$1"/*.arriving; do
  [ ! -d "$folder" ] || { folder=\${folder##*/}; printf '%s\\n' "\${folder%.arriving}"; }
done
`;

/** Argument: the folder. Whoever still writes there is waited for. */
export const discardFolder = `
set -eu
${lock}
[ -d "$1" ] || exit 0
lock "$1"
rm -rf "$1"
`;

/** Prints how many KiB the files that are there take. Arguments: the files. */
export const showUsage = `
total=0
for file in "$@"; do
  [ -f "$file" ] || continue
  used=$(du -k "$file") || exit 1
  total=$((total + \${used%%[!0-9]*}))
done
echo "$total"
`;

/** Prints how many KiB are free for the folder, with those that it takes already. Arguments: its parent, the folder. */
export const showRoom = `
used=0
if [ -d "$2" ]; then
  used=$(du -sk "$2") || exit 1
  used=\${used%%[!0-9]*}
fi
df -Pk "$1" | { read -r header && read -r system blocks taken available rest && echo "$((available + used))"; }
`;

/**
 * Prints size, sha256 and path of each file that is there. A VM that runs writes its files, so it has none to show.
 * Arguments: state folder, run folder, user, process name, variables of its firmware, then the files. What snapshots have
 * beside the disks goes with them, and the mark of a VM that is half put back to one.
 */
export const showFiles = `
set -eu
${lock}
${findProcess}
state=$1 run=$2 user=$3 name=$4 variables=$5
shift 5
[ -d "$state" ] || exit 0
lock "$state"
if find_process "$run" "$user" "$name"; then echo "process $process still runs" >&2; exit ${stillRuns}; fi
for file in "$@" "$variables".* "$state"/machine.* "$state/reverting"; do
  [ -f "$file" ] || continue
  case $file in *.new) continue ;; esac
  size=$(stat -c %s "$file")
  sum=$(sha256sum <"$file")
  printf '%s %s %s\\n' "$size" "\${sum%% *}" "$file"
done
`;

/** Prints the file, compressed. Argument: the file. */
export const sendFile = 'exec zstd -q -1 -c <"$1"';

/**
 * Takes a compressed file from the input into the folder, unless it is there already. Under its own name it is whole, checked
 * and durable. Prints \`want\` when the input may come, \`at BYTES\` while it comes. Arguments: folder, name, sha256, size.
 * The lock ends with the last process that writes.
 */
export const receiveFile = `
${lock}
folder=$1 file=$1/$2 partial=$1/$2.partial sha256=$3 size=$4
exec 3<&0
umask 077
mkdir -p "$folder" || exit 1
lock "$folder"
if [ -f "$file" ]; then
  sum=$(sha256sum <"$file")
  [ "\${sum%% *}" != "$sha256" ] || exit 0
fi
reporter='' writer=''
end() {
  for process in $reporter $writer; do kill "$process" 2>/dev/null; done
  rm -f "$partial"
}
trap end EXIT
trap 'exit 1' HUP INT PIPE TERM
rm -f "$file" "$partial"
echo want
zstd -q -d -c <&3 2>/dev/null 3<&- 9>&- |
  dd bs=64K iflag=fullblock conv=sparse status=none of="$partial" 3<&- &
writer=$!
while sleep 0.5 >/dev/null 2>&1 3<&- 9>&-; do
  while read -r key value; do [ "$key" != pos: ] || echo "at $value"; done <"/proc/$writer/fdinfo/1" || exit 0
done 2>/dev/null 3<&- &
reporter=$!
wait "$writer" || exit 1
writer=''
kill "$reporter" 2>/dev/null
truncate -s "$size" "$partial" || exit 1
sum=$(sha256sum <"$partial")
[ "\${sum%% *}" = "$sha256" ] || exit ${differs}
sync "$partial" && mv "$partial" "$file" && sync "$folder"
`;

/**
 * Makes the folder with what has arrived the VM's. Arguments: that folder, state folder, run folder, user, record (one line),
 * what its end by itself is noted as, or nothing; then for each file its name, its base and the base's format, the last two
 * empty where it has none. Images may lie elsewhere here, so that disks get the paths that they have on this node; the VM's
 * own user writes them, for what a disk says of itself may come from its guest. What its machine was stays root's, and so does the mark.
 */
export const settleFiles = `
set -eu
${lock}
folder=$1 state=$2 run=$3 user=$4 record=$5 exit=$6
shift 6
umask 077
mkdir -p "$folder"
lock "$folder"
[ ! -e "$state" ] || { echo "$state is there already" >&2; exit 1; }
for file in "$folder"/*; do
  name=\${file##*/}
  left=$#
  while [ "$left" -gt 0 ]; do
    [ "$1" != "$name" ] || name=''
    set -- "$@" "$1" "$2" "$3"
    shift 3
    left=$((left - 3))
  done
  [ -z "$name" ] || rm -rf "$file"
done
chown "0:$user" "$folder"
chmod 710 "$folder"
while [ "$#" -ge 3 ]; do
  case $1 in machine.* | reverting) ;; *) chown "$user:$user" "$folder/$1" ;; esac
  [ -z "$2" ] || setpriv --reuid "$user" --regid "$user" --clear-groups qemu-img rebase -u -f qcow2 -F "$3" -b "$2" "$folder/$1"
  sync "$folder/$1"
  shift 3
done
printf '%s\\n' "$record" >"$folder/launch.json"
sync "$folder/launch.json" "$folder"
if [ -n "$exit" ]; then
  mkdir -p -m 711 "$run"
  echo "$exit" >"$run/exit"
fi
mv "$folder" "$state"
sync "\${state%/*}"
`;
