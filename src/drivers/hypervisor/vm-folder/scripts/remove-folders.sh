# Removes a VM's folders, unless its process runs. Arguments: state folder, run folder, user, process name. The run
# folder goes last: until then the VM is seen.
set -eu
. ./lock.sh
. ./find-process.sh
state=$1 run=$2 user=$3 name=$4
[ ! -d "$state" ] || lock "$state"
if find_process "$run" "$user" "$name"; then
  echo "process $process still runs" >&2
  exit 1
fi
rm -f "$state/launch.json"
rm -rf "$state"
rm -rf "$run"
