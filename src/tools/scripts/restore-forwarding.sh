# Puts back what enable-forwarding.sh changed. Argument: the file with the former value.
[ -r "$1" ] || exit 0
read -r former <"$1" && [ "$former" = 0 ] && echo 0 >/proc/sys/net/ipv4/ip_forward
rm -f "$1"
rmdir "${1%/*}" 2>/dev/null
exit 0
