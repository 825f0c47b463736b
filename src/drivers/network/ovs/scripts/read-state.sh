# `$1` routers' folder, `$2` prefix of the namespaces' paths, `$3` bridge, `$4` cookie and mask, `$5` `ports` to read
# only what ports are made from, `$6` record of the underlay, the rest ovs-vsctl's command.
section() { printf '\n@@ %s\n' "$*"; }
routers=$1 prefix=$2 bridge=$3 cookie=$4 scope=$5 underlay=$6
shift 6
section ovs
"$@"
section links
ip -json -details address show
section queues
tc -json qdisc show
[ "$scope" = all ] || exit 0
section underlay
[ ! -r "$underlay" ] || cat "$underlay"
section flows
ovs-ofctl --no-names --no-stats dump-flows "$bridge" "$cookie"
section tables
nft list tables
section forwarding
cat /proc/sys/net/ipv4/ip_forward
section files
grep -s -H '' "$routers"/*/* "$routers"/*/*/*
section processes
set --
for file in "$routers"/*/*/pid; do
  pid=
  [ -r "$file" ] && read -r pid <"$file"
  case $pid in '' | *[!0-9]*) ;; *) set -- "$@" "/proc/$pid/cmdline" ;; esac
done
[ "$#" -eq 0 ] || grep -s -a -H '' "$@" | tr '\000' ' '
section resolver
if [ -r /run/systemd/resolve/resolv.conf ]; then cat /run/systemd/resolve/resolv.conf; else cat /etc/resolv.conf; fi
for path in "$prefix"*; do
  [ -e "$path" ] || continue
  section namespace "${path##*/}"
  nsenter --net="$path" sh -c 'ip -json -details address show; echo; ip -json route show default; echo; cat /proc/sys/net/ipv4/ip_forward; nft list tables'
done
exit 0
