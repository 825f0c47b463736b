# Makes a disk unless it is there; one that is there grows to its size. Under its own name a disk is always complete,
# and it is never made twice. Arguments: state folder, user, file, base, the base's format, size; the last three may be
# empty.
set -eu
. ./lock.sh
. ../../../../tools/scripts/disk.sh
state=$1 user=$2 file=$3 base=$4 format=$5 size=$6
umask 077
lock "$state"
if [ -f "$file" ]; then
  [ -z "$size" ] || grow_disk "$file" "$size"
  exit 0
fi
trap 'rm -f "$file.new"' EXIT
rm -f "$file.new"
create_disk "$file.new" "$base" "$format" "$size"
chown "$user:$user" "$file.new"
sync "$file.new"
mv "$file.new" "$file"
