# Notes that the end is wanted, and presses the power button: that is what SIGTERM is to bhyve. `zoneadm shutdown` does
# the same, but holds the zone for a minute, in which it cannot be halted. Source: omniosorg/pkg5,
# src/brand/bhyve/support.
. ./zone-to-end.sh
[ ! -d "$folder" ] || : >"$folder/stopping"
pkill -z "$name" bhyve || :
echo runs
