# Takes back what prepare-node.sh did. Arguments: as there. Parents that were made for this controller go when they are
# empty.
set -eu
state=$1 run=$2
made=
[ ! -f "$state/undo/folders" ] || made=$(cat "$state/undo/folders")
rm -rf "$state" "$run"
printf '%s\n' "$made" | while IFS= read -r folder; do
  [ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || :
done
