echo 1 >/proc/sys/net/ipv4/ip_forward || exit 1
echo 1 >/proc/sys/net/ipv4/conf/all/arp_notify
[ ! -d /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
