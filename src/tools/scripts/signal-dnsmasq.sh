# Signals the dnsmasq of the folder `$1`, known by its pidfile and its command line; with TERM also waits for its end.
read -r pid 2>/dev/null <"$1/pid" || exit 0
runs() { grep -qsaF -e "--conf-file=$1/dnsmasq.conf" "/proc/$pid/cmdline"; }
runs "$1" || exit 0
kill -s "$2" "$pid" || exit 1
[ "$2" = TERM ] || exit 0
tries=0
while runs "$1"; do
  tries=$((tries + 1))
  [ "$tries" -lt 50 ] || kill -s KILL "$pid"
  [ "$tries" -lt 100 ] || exit 1
  sleep 0.05
done
