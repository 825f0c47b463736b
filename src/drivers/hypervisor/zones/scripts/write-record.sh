# Writes the record, which is there once everything else is, whole or not at all. Arguments: folder, record.
set -eu
umask 077
trap 'rm -f "$1/launch.new"' EXIT
printf '%s\n' "$2" >"$1/launch.new"
mv -f "$1/launch.new" "$1/launch.json"
