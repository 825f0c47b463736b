# Makes the namespace forward IPv4, tell its neighbours of its addresses when they come up, and know no IPv6.
echo 1 >/proc/sys/net/ipv4/ip_forward || exit 1
echo 1 >/proc/sys/net/ipv4/conf/all/arp_notify
[ ! -d /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
