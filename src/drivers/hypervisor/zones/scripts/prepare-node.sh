# Makes the controller's dataset below the one in which the state folder lies, and notes its name in the state folder.
# Which parents of the folders had to be made is noted in the folder `undo`. zoneadm wants a zone's parent folders to be
# writable for root alone. Below a boot environment nothing is created: pkg and beadm clone, mount and destroy that
# with all that is in it (beadm(8)). Arguments: state folder, run folder, controller.
# Exit codes: 76: it would lie in a boot environment; 77: the state folder is not on ZFS; 78: the dataset's name is taken by
# somebody else.
set -eu
. ../../../../tools/scripts/zfs.sh
. ../../vm-folder/scripts/missing-folders.sh
state=$1 run=$2 controller=$3
at=$state
while [ -n "$at" ] && [ ! -d "$at" ]; do at=${at%/*}; done
parent=$(zfs list -H -o name "${at:-/}") || exit 77
dataset=$parent/croft-$controller
case $parent in
*/ROOT/*) has "$dataset" || {
  echo "$parent" >&2
  exit 76
} ;;
esac
umask 022
made=$(missing_folders "$state" "$run")
mkdir -p "$state/images" "$state/vms" "$state/undo" "$run"
chmod 711 "$state" "$state/images" "$run"
chmod 700 "$state/vms" "$state/undo"
[ -f "$state/undo/folders" ] || printf %s "$made" >"$state/undo/folders"
if has "$dataset"; then
  [ "$(zfs get -H -o value croft:controller "$dataset")" = "$controller" ] || {
    echo "$dataset" >&2
    exit 78
  }
else
  zfs create -o mountpoint=none -o compression=on -o com.sun:auto-snapshot=false -o "croft:controller=$controller" "$dataset"
fi
has "$dataset/zones" || zfs create -o "mountpoint=$state/zones" "$dataset/zones"
has "$dataset/images" || zfs create "$dataset/images"
has "$dataset/vms" || zfs create "$dataset/vms"
printf '%s\n' "$dataset" >"$state/dataset"
