# Prints size, sha256 and path of each file that is there. A VM that runs writes its files, so it has none to show.
# Arguments: state folder, run folder, user, process name, variables of its firmware, then the files. What snapshots
# have beside the disks goes with them, and the mark of a VM that is half put back to one.
# Exit code 46: the VM runs.
set -eu
. ./lock.sh
. ./find-process.sh
state=$1 run=$2 user=$3 name=$4 variables=$5
shift 5
[ -d "$state" ] || exit 0
lock "$state"
if find_process "$run" "$user" "$name"; then
  echo "process $process still runs" >&2
  exit 46
fi
for file in "$@" "$variables".* "$state"/machine.* "$state/reverting"; do
  [ -f "$file" ] || continue
  case $file in *.new) continue ;; esac
  size=$(stat -c %s "$file")
  sum=$(sha256sum <"$file")
  printf '%s %s %s\n' "$size" "${sum%% *}" "$file"
done
