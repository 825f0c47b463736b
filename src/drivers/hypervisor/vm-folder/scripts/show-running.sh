# Prints the VM's record, or an empty line, and where it was started `started` and the mark of that, whose second line
# is its launch as it runs. Argument: the VM's folder.
line=
[ ! -f "$1/launch.json" ] || IFS= read -r line <"$1/launch.json" || :
printf '%s\n' "$line"
[ -e "$1/started" ] || [ -L "$1/started" ] || exit 0
echo started
cat "$1/started" || [ ! -e "$1/started" ]
