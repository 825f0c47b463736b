# Arguments: as of keep-variables.sh; input: what the machine is. Nobody but root reads or writes it.
set -eu
umask 077
kept=${2%/*}/machine.$3
trap 'rm -f "$kept.new"' EXIT
cat >"$kept.new"
sync "$kept.new"
mv "$kept.new" "$kept"
