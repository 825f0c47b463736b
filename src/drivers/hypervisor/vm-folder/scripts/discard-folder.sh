# Argument: the folder. Waits for processes that still write there.
set -eu
. ./lock.sh
[ -d "$1" ] || exit 0
lock "$1"
rm -rf "$1"
