# Of a script that works on the disks of a VM that does not run; its arguments are those of take-snapshot.sh.
# Exit code 46: the VM runs, and its disks are QEMU's alone.
set -eu
. ./lock.sh
. ./find-process.sh
. ../../../../tools/scripts/disk.sh
. ./as-user.sh
. ./companions.sh
state=$1 run=$2 user=$3 name=$4 variables=$5 tag=$6
shift 6
[ -d "$state" ] || {
  echo "$state is not there" >&2
  exit 1
}
lock "$state"
if find_process "$run" "$user" "$name"; then
  echo "process $process runs" >&2
  exit 46
fi
tagged() {
  as_user qemu-img snapshot -U -l "$1" | grep -q "^[0-9][0-9]* *$tag "
}
