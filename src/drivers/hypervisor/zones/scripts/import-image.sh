# Makes a volume of an image, whole or not at all: it is whole once it has its snapshot. Arguments: dataset of the
# images, sha256, file, format, size in bytes, folder of the volumes' devices, a file to work with, which ends up
# removed. A qcow2 file tells the size that a guest sees in its header (QEMU's docs/interop/qcow2.txt), and becomes a
# raw file first, since whether qemu-img writes to volumes of illumos is not known; OmniOS has it in /opt/ooce/bin.
# Sizes of volumes are whole mebibytes. Zeros take no room, since ZFS compresses.
set -eu
. ../../../../tools/scripts/zfs.sh
volume=$1/$2 file=$3 format=$4 size=$5 devices=$6 work=$7
PATH=$PATH:/opt/ooce/bin
! has "$volume@base" || exit 0
if [ "$format" = qcow2 ] && ! command -v qemu-img >/dev/null; then
  echo "qemu-img is not installed, and the image is in the format qcow2" >&2
  exit 1
fi
! has "$volume" || zfs destroy -r "$volume"
[ "$format" != qcow2 ] || size=$((0x$(od -An -tx1 -j24 -N8 "$file" | tr -d ' \n')))
zfs create -s -V "$(((size + 1048575) / 1048576 * 1048576))" "$volume"
trap 'rm -f "$work" "$work.words"; has "$volume@base" || zfs destroy -r "$volume"' EXIT
if [ "$format" = qcow2 ]; then
  qemu-img convert -f qcow2 -O raw "$file" "$work"
  file=$work
fi
dd if="$file" of="$devices/dsk/$volume" bs=1048576 2>"$work.words" || {
  cat "$work.words" >&2
  exit 1
}
zfs snapshot "$volume@base"
