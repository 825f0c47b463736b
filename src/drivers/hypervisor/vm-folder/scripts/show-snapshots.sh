# Prints what qemu-img says of each disk that is there, one JSON document after the other. Arguments: user, then the
# disks.
. ./as-user.sh
user=$1
shift
for file in "$@"; do
  [ -f "$file" ] || {
    echo null
    continue
  }
  as_user qemu-img info --force-share --output=json -f qcow2 "$file" || exit 1
done
