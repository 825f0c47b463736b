# Notes that the end is wanted, and ends the zone at once. Arguments: those of zone-to-end.sh.
. ./zone-to-end.sh
[ ! -d "$folder" ] || : >"$folder/stopping"
zoneadm -z "$name" halt || { gone || exit 1; }
gone || {
  echo "the zone $name is in the state $zone after it was halted" >&2
  exit 1
}
echo halted
