# Marks a VM whose QEMU is to load a snapshot. Arguments: state folder, tag.
set -eu
. ./mark.sh
mark_half "$1" "$2"
