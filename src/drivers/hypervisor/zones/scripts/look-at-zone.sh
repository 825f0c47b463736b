# Arguments: those of zone-to-end.sh.
. ./zone-to-end.sh
echo runs
