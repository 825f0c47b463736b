# Prints the state of the zone, the record of the VM or an empty line, whether its seed is there, and its volumes.
# Arguments: name, zonepath, folder of the VM, dataset of its volumes.
. ../../../../tools/scripts/zone-state.sh
zone_state "$1" "$2"
line=
[ ! -f "$3/launch.json" ] || IFS= read -r line <"$3/launch.json" || :
printf '%s\n%s\n' "$zone" "$line"
if [ -f "$3/seed.iso" ]; then echo seed; else echo; fi
zfs list -H -o name -t volume -r "$4/head" 2>/dev/null
exit 0
