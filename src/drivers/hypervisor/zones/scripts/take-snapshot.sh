# Arguments: dataset of the VM's volumes, name, ms since 1970. One `zfs snapshot -r` is one instant for all volumes.
# Exit code 45: there is one already.
set -eu
. ./find-snapshot.sh
settle "$1"
find_snapshot "$1" "$2"
[ -z "$holder" ] || exit 45
zfs snapshot -r -o "croft:at=$3" "$1/head@croft-$2"
