# Brings a zone from `configured` or `incomplete` to `installed`. Arguments: name, zonepath.
set -eu
. ../../../../tools/scripts/zone-state.sh
zone_state "$1" "$2"
if [ "$zone" = incomplete ]; then
  zoneadm -z "$1" uninstall -F
  zone=configured
fi
[ "$zone" != configured ] || zoneadm -z "$1" install >&2
