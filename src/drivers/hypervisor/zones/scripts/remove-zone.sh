# Removes what is left of a VM whose zone has ended. Arguments: name, zonepath, folder of the VM, dataset of its
# volumes, which is empty where there is none.
set -eu
. ../../../../tools/scripts/zfs.sh
. ../../../../tools/scripts/zone-state.sh
name=$1 path=$2 folder=$3 dataset=$4
zone_state "$name" "$path"
case $zone in
installed | incomplete)
  zoneadm -z "$name" uninstall -F
  zonecfg -z "$name" delete -F
  ;;
configured) zonecfg -z "$name" delete -F ;;
none | foreign) ;;
*)
  echo "the zone $name is in the state $zone" >&2
  exit 1
  ;;
esac
if [ -n "$dataset" ] && has "$dataset"; then zfs destroy -r "$dataset"; fi
rm -rf "$folder"
