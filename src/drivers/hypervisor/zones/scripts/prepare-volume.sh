# Makes a volume unless it is there; one that is there grows to its size. Arguments: volume, the snapshot that it is a
# clone of, size; the latter two may be empty.
set -eu
. ../../../../tools/scripts/zfs.sh
if ! has "$1"; then
  if [ -n "$2" ]; then zfs clone "$2" "$1"; else zfs create -s -V "$3" "$1"; fi
fi
[ -z "$3" ] || grow "$1" "$3"
