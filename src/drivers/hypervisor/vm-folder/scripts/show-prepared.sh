# Prints the record of the VM, or an empty line, and then the names of its files. Argument: state folder.
[ -d "$1" ] || exit 0
line=
[ ! -f "$1/launch.json" ] || IFS= read -r line <"$1/launch.json" || :
printf '%s\n' "$line"
exec ls -1 "$1"
