# Argument: the folder. Whoever still writes there is waited for.
set -eu
. ./lock.sh
[ -d "$1" ] || exit 0
lock "$1"
rm -rf "$1"
