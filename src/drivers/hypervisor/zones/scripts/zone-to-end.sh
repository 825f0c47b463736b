# What the scripts below begin with. Arguments: name, zonepath, folder of the VM. gone: whether no zone of this
# controller's runs.
set -eu
. ../../../../tools/scripts/zone-state.sh
name=$1 path=$2 folder=$3
gone() {
  zone_state "$name" "$path"
  case $zone in
  none | foreign | configured | incomplete | installed) ;;
  *) return 1 ;;
  esac
}
if gone; then
  echo gone
  exit 0
fi
