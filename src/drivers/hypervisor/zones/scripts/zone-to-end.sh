# What the scripts that end a zone begin with. Arguments: name, zonepath, folder of the VM. Each ends at once, so that no shell of the
# node waits for a guest; who waits looks again. They print `gone` where the zone had ended before, else `runs`, or `halted`.
set -eu
. ../../../../tools/scripts/zone-state.sh
# shellcheck disable=SC2034 # not every script that begins so looks into the folder
name=$1 path=$2 folder=$3
# Whether no zone of this controller's runs.
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
