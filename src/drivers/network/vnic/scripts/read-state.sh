# Arguments: folder of the plans, record of the underlay. Prints the links, the record, then file names and plans.
. ../../../../tools/scripts/list-links.sh
list_links
echo underlay
[ ! -r "$2" ] || cat "$2"
echo plans
for file in "$1"/*_0; do
  [ -f "$file" ] && IFS= read -r plan <"$file" && printf '%s %s\n' "${file##*/}" "$plan"
done
exit 0
