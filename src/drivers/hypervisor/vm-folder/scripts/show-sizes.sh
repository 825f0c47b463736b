# Prints the size that a guest sees of each disk, then of its base or 0. Arguments: for each disk its file, its base,
# the base's format.
set -eu
. ../../../../tools/scripts/disk.sh
while [ "$#" -ge 3 ]; do
  size=$(virtual_size "$1" qcow2)
  least=0
  [ -z "$2" ] || least=$(virtual_size "$2" "$3")
  echo "$size $least"
  shift 3
done
