# Arguments: dataset of the VM's volumes, name. A snapshot that the present volumes are clones of goes with the last of
# them (`-d`); what was set aside and has no snapshot any more goes too, unless something is a clone of it still.
set -eu
. ./find-snapshot.sh
has "$1" || exit 0
settle "$1"
find_snapshot "$1" "$2"
[ -z "$holder" ] || zfs destroy -d -r "$holder@croft-$2"
snapshots=$(zfs list -H -o name -t snapshot -r "$1")
for place in $(zfs list -H -o name -t filesystem -r "$1"); do
  case $place in "$1"/past-*) ;; *) continue ;; esac
  case $snapshots in *"$place@croft-"*) ;; *) zfs destroy -r "$place" 2>/dev/null || : ;; esac
done
