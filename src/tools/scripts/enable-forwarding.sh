# Remembers the former value in the file `$1` when it was another one and none is remembered yet.
former=$(cat /proc/sys/net/ipv4/ip_forward) || exit 1
[ "$former" = 0 ] || exit 0
umask 066
[ -e "$1" ] || { mkdir -p "${1%/*}" && echo "$former" >"$1"; } || exit 1
echo 1 >/proc/sys/net/ipv4/ip_forward
