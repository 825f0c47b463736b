# Takes back what prepare-node.sh did. Arguments: as there. Parents that were made for this controller go when they are
# empty.
# Exit code 78: the dataset is somebody else's.
set -eu
. ../../../../tools/scripts/zfs.sh
state=$1 run=$2 controller=$3
made='' dataset=''
[ ! -f "$state/undo/folders" ] || made=$(cat "$state/undo/folders")
[ ! -f "$state/dataset" ] || read -r dataset <"$state/dataset"
if [ -n "$dataset" ] && has "$dataset"; then
  [ "$(zfs get -H -o value croft:controller "$dataset")" = "$controller" ] || {
    echo "$dataset" >&2
    exit 78
  }
  zfs destroy -r "$dataset"
fi
rm -rf "$state" "$run"
printf '%s\n' "$made" | while IFS= read -r folder; do
  [ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || :
done
