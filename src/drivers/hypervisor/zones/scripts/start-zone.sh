# Boots the zone unless it runs. Arguments: name, zonepath, folder of the VM, dataset of its volumes, folder of bhyve's
# log, hash of its launch. A bhyve that cannot run ends at once, and its zone with it, so the zone is looked at again.
# The input is what the VM is started from, kept with the hash of that, for root alone: it holds what its seed does.
# Exit code 79: there is no zone that could be booted.
set -eu
. ./boot-time.sh
. ./settle.sh
. ../../../../tools/scripts/zone-state.sh
. ./bhyve-words.sh
. ./nap.sh
name=$1 path=$2 folder=$3 dataset=$4 log=$5 hash=$6
launch=$(cat)
zone_state "$name" "$path"
case $zone in
installed) ;;
running | ready | mounted | shutting_down | down) exit 0 ;;
*)
  echo "the zone $name is in the state $zone" >&2
  exit 79
  ;;
esac
settle "$dataset"
fail() {
  rm -f "$folder/started"
  exit 1
}
boot_time
rm -f "$folder/stopping"
(umask 077 && printf '%s\n' "$(date +%s) $hash $boot" "$launch" >"$folder/started.new")
mv -f "$folder/started.new" "$folder/started"
zoneadm -z "$name" boot || fail
for _round in 1 2; do
  nap
  zone_state "$name" "$path"
  [ "$zone" = installed ] || continue
  words "$log" 2000 >&2 || :
  fail
done
