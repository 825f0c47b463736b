. ./zone-to-end.sh
echo runs
