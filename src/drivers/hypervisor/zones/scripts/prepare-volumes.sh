# Makes the folder and the dataset, and removes volumes that the VM no longer has. Arguments: name, zonepath, folder of
# the VM, dataset of its volumes, then the names of the volumes that stay.
set -eu
. ./settle.sh
. ../../../../tools/scripts/zone-state.sh
name=$1 path=$2 folder=$3 dataset=$4
shift 4
(umask 077 && mkdir -p "$folder")
has "$dataset" || zfs create "$dataset"
settle "$dataset"
has "$dataset/head" || zfs create "$dataset/head"
for volume in $(zfs list -H -o name -t volume -r "$dataset/head"); do
  for kept in "$@"; do
    [ "$kept" != "${volume##*/}" ] || continue 2
  done
  zone_state "$name" "$path"
  case $zone in
  none | configured | incomplete | installed) zfs destroy -r "$volume" ;;
  *)
    echo "the zone $name still uses $volume" >&2
    exit 1
    ;;
  esac
done
