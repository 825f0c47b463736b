/** The constant shell scripts that start a VM on its node, and keep what it runs from. POSIX sh; data reaches them as arguments and input only. */
import { groupFunctions } from './cgroups.ts';
import { awaitExit, findProcess, lock } from './process-scripts.ts';
import { refuseHalf } from './revert-scripts.ts';

/**
 * Stays beside a VM's process, as root, to write down how it ended. Arguments: state folder, run folder, hash of
 * the launch, which may become another while it runs, then those of make_groups, then the command.
 * Where only root may open /dev/net/tun, against the custom of udev, the process sees an open one in a mount namespace of
 * its own, so that the node's stays as it is. Namespaces follow the node's unmounts, else they would keep what it lets go.
 */
export const superviseProcess = `
${groupFunctions}
state=$1 run=$2 hash=$3
shift 3
make_groups "$1" "$2" "$3" "$4" "$5" "$6"
shift 6
cd /
umask 007
ulimit -c 0
case $(stat -c %a /dev/net/tun) in
*6) ;;
*)
  set -- unshare --mount --propagation slave sh -c '
    mount -t tmpfs -o mode=755,size=4k none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && chmod 666 /dev/net/tun && exec "$@"
  ' croft-tun "$@"
  ;;
esac
{ enter_groups; exec "$@"; } &
process=$!
echo "$process" >"$run/pid.new" && mv -f "$run/pid.new" "$run/pid"
wait "$process"
code=$?
[ -z "$groups" ] || rmdir $groups 2>/dev/null
[ ! -f "$state/started" ] || read -r since hash rest <"$state/started"
[ "$code" -ne 0 ] || rm -f "$state/started"
echo "$code $hash" >"$run/exit.new" && mv -f "$run/exit.new" "$run/exit"
`;

/**
 * keep_running SINCE: writes the mark of the VM's start, which names the hash of what it runs from, its user and the bytes of
 * memory that it began with, and in a second line what it runs from itself, from \`launch\`: one file, so that whatever cuts this
 * off, both belong together. It holds secrets, as the seed does.
 */
export const keepRunning = `
keep_running() {
  (umask 077 && printf '%s\\n' "$1 $hash $user $memory" "$launch" >"$state/started.new")
  mv -f "$state/started.new" "$state/started"
}
`;

/**
 * Starts the process unless it runs. The mark of an earlier start goes first: of what was started and not marked yet, the record
 * tells what it runs from. Arguments: state folder, run folder, user, process name, group that may open the
 * sockets, hash, bytes of memory, the supervisor's script, \`paused\` where its guest does nothing yet or nothing, then those of
 * make_groups and the command. One that is half put back to a snapshot is started only paused. The VNC socket is made when all devices are, so its being there
 * means that the machine runs. A process that ended before that never was a start: its VM is stopped, not failed.
 * The environment is cleared since it may carry what belongs to the session of this script alone. The input is what the VM
 * is started from, kept with the hash of that.
 */
export const startProcess = `
set -eu
${lock}
${findProcess}
${awaitExit}
state=$1 run=$2 user=$3 name=$4 group=$5 hash=$6 memory=$7 supervisor=$8 paused=$9
shift 9
launch=$(cat)
[ -f "$state/launch.json" ] || { echo "$state is not complete" >&2; exit 1; }
lock "$state"
if find_process "$run" "$user" "$name"; then exit 0; fi
${refuseHalf}
await_exit "$run"
umask 022
mkdir -p "$run/sockets"
chmod 711 "$run"
rm -f "$state/started" "$run/pid" "$run/exit" "$run/stopping" "$run/paused" "$run/frozen" "$run/stderr" "$run/sockets/"*
chown "$user:$group" "$run/sockets"
chmod 2770 "$run/sockets"
: >>"$run/console.log"
chown "$user:$user" "$run/console.log"
chmod 600 "$run/console.log"
env -i PATH="$PATH" LC_ALL=C setsid sh -c "$supervisor" croft-vm "$state" "$run" "$hash" "$@" \\
  </dev/null >/dev/null 2>>"$run/stderr" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
round=0
until [ -S "$run/sockets/vnc.sock" ]; do
  round=$((round + 1))
  if [ "$round" -eq 1000 ]; then
    echo "it was not ready after 20 seconds" >>"$run/stderr"
    if find_process "$run" "$user" "$name"; then kill -KILL "$process"; fi
  fi
  if [ "$round" -ge 1050 ]; then cat "$run/stderr" >&2; exit 1; fi
  if [ -f "$run/exit" ]; then
    cat "$run/stderr" >&2
    rm -f "$run/exit" "$run/pid"
    exit 1
  fi
  sleep 0.02
done
find_process "$run" "$user" "$name" || { cat "$run/stderr" >&2; exit 1; }
[ -z "$paused" ] || : >"$run/paused"
${keepRunning}
keep_running "$(date +%s)"
`;

/**
 * Keeps what runs, after it was changed. Arguments: state folder, run folder, user, process name, hash, and the VM's record, or
 * nothing to leave that as it is; input: the launch.
 */
export const adoptLaunch = `
set -eu
${lock}
${findProcess}
${keepRunning}
launch=$(cat)
state=$1 run=$2 user=$3 name=$4 hash=$5 record=$6
lock "$state"
find_process "$run" "$user" "$name" && [ -f "$state/started" ] || exit 0
if [ -n "$record" ]; then
  printf '%s\\n' "$record" >"$state/launch.json.new"
  sync "$state/launch.json.new"
  mv "$state/launch.json.new" "$state/launch.json"
fi
read -r since earlier owner memory <"$state/started"
keep_running "$since"
`;
