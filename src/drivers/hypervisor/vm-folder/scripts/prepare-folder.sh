# Makes the folder, and removes volumes that the VM no longer has. Arguments: state folder, run folder, user, process
# name, then the files of volumes that stay.
set -eu
. ./lock.sh
. ./find-process.sh
state=$1 run=$2 user=$3 name=$4
shift 4
(umask 066 && mkdir -p "${state%/*}")
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
