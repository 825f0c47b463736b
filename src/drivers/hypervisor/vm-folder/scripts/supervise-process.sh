# Stays beside a VM's process, as root, to write down how it ended. Arguments: state folder, run folder, hash of the
# launch, which may become another while it runs, then those of make_groups, then the command. Where only root may open
# /dev/net/tun, against the custom of udev, the process sees an open one in a mount namespace of its own, so that the
# node's stays as it is. Namespaces follow the node's unmounts, else they would keep what it lets go.
. ./groups.sh
state=$1 run=$2 hash=$3
shift 3
make_groups "$1" "$2" "$3" "$4" "$5" "$6"
shift 6
cd /
umask 007
# shellcheck disable=SC3045 # every Linux has a shell that knows it
ulimit -c 0
case $(stat -c %a /dev/net/tun) in
*6) ;;
*)
  set -- unshare --mount --propagation slave sh -c '
    mount -t tmpfs -o mode=755,size=4k none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && chmod 666 /dev/net/tun && exec "$@"
  ' croft-tun "$@"
  ;;
esac
{
  enter_groups
  exec "$@"
} &
process=$!
echo "$process" >"$run/pid.new" && mv -f "$run/pid.new" "$run/pid"
wait "$process"
code=$?
# shellcheck disable=SC2086 # one word for each group
[ -z "$groups" ] || rmdir $groups 2>/dev/null
[ ! -f "$state/started" ] || read -r _since hash _rest <"$state/started"
[ "$code" -ne 0 ] || rm -f "$state/started"
echo "$code $hash" >"$run/exit.new" && mv -f "$run/exit.new" "$run/exit"
