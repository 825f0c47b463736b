# Writes the seed, whole or not at all. Argument: folder.
set -eu
umask 077
trap 'rm -f "$1/seed.new"' EXIT
cat >"$1/seed.new"
mv -f "$1/seed.new" "$1/seed.iso"
