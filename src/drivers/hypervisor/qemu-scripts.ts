/** The constant shell scripts that start and end one VM on its node. POSIX sh; data reaches them as arguments and input only. */
import { groupFunctions } from './qemu-cgroups.ts';

/**
 * Waits for the right to change a VM. The lock is on its state folder and ends with the script; whoever is started to
 * outlive the script must close descriptor 9.
 */
export const lock = `
lock() {
  exec 9<"$1"
  flock -w 20 9 || { echo "another operation on $1 does not end" >&2; exit 75; }
}
`;

/**
 * Sets \`process\` to the id of the VM's process; fails where it has none. A pidfile alone proves nothing: the process must
 * live under the VM's user and carry its name (see \`processName\`), else it is a stranger that got the number later.
 * Where the pidfile is lost, the process is found by its user, which no other has, and the file is written again.
 * The shell drops the zero bytes between the arguments of a command line.
 */
export const findProcess = `
is_vm_process() {
  case $process in '' | *[!0-9]*) return 1 ;; esac
  tr '\\0' '\\n' 2>/dev/null <"/proc/$process/cmdline" | grep -qxF -e "$2" || return 1
  grep -qs "^Uid:[[:blank:]]*$1[[:blank:]]" "/proc/$process/status"
}
find_process() {
  process=
  if [ -f "$1/pid" ] && read -r process <"$1/pid" && is_vm_process "$2" "$3"; then return 0; fi
  for status in $(grep -ls "^Uid:[[:blank:]]*$2[[:blank:]]" /proc/[0-9]*/status); do
    process=\${status#/proc/}
    process=\${process%/status}
    is_vm_process "$2" "$3" || continue
    mkdir -p -m 711 "$1"
    echo "$process" >"$1/pid"
    return 0
  done
  process=
  return 1
}
`;

/**
 * Waits until the process that was there last has let go of its files: it loses its command line, by which it is found,
 * some time before. Its supervisor then writes the exit code; where none does, half a second must do.
 */
const awaitExit = `
await_exit() {
  round=0
  until [ ! -f "$1/pid" ] || [ -f "$1/exit" ] || [ "$round" -ge 25 ]; do
    round=$((round + 1))
    sleep 0.02
  done
}
`;

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
 * keep_running SINCE: writes what the VM runs from, from \`launch\`, and then the mark of its start, which names its hash. Both
 * hold secrets, or lead to them, as its seed does.
 */
export const keepRunning = `
keep_running() {
  (umask 077 && printf '%s\\n' "$launch" >"$state/running.json.new")
  mv -f "$state/running.json.new" "$state/running.json"
  echo "$1 $hash $user" >"$state/started.new"
  mv -f "$state/started.new" "$state/started"
}
`;

/**
 * Starts the process unless it runs. Arguments: state folder, run folder, user, process name, group that may open the
 * sockets, hash, the supervisor's script, then those of make_groups and the command. The VNC socket is made when all devices are, so its being there
 * means that the machine runs. A process that ended before that never was a start: its VM is stopped, not failed.
 * The environment is cleared since it may carry what belongs to the session of this script alone. The input is what the VM
 * is started from, kept beside the hash of that.
 */
export const startProcess = `
set -eu
${lock}
${findProcess}
${awaitExit}
state=$1 run=$2 user=$3 name=$4 group=$5 hash=$6 supervisor=$7
shift 7
launch=$(cat)
[ -f "$state/launch.json" ] || { echo "$state is not complete" >&2; exit 1; }
lock "$state"
if find_process "$run" "$user" "$name"; then exit 0; fi
await_exit "$run"
umask 022
mkdir -p "$run/sockets"
chmod 711 "$run"
rm -f "$run/pid" "$run/exit" "$run/stopping" "$run/paused" "$run/stderr" "$run/sockets/"*
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
read -r since rest <"$state/started"
keep_running "$since"
`;

/** Notes that the end is wanted, whatever the process's exit code will be. Arguments: run folder, user, process name; 1 where it does not run. */
export const noteStopping = `
${findProcess}
run=$1 user=$2 name=$3
find_process "$run" "$user" "$name" || exit 1
: >"$run/stopping"
`;

/**
 * Prints how a VM ended that is no longer heard of: \`stopped\` where that was wanted or its guest powered off, \`crashed\`,
 * or \`running\`. Arguments: run folder, user, process name, how many twentieths of a second its process is waited for. Its
 * exit code has been written when this ends, so that whoever observes after it sees the same.
 */
export const awaitEnd = `
${findProcess}
${awaitExit}
run=$1 user=$2 name=$3 left=$4
while find_process "$run" "$user" "$name"; do
  [ "$left" -gt 0 ] || { echo running; exit 0; }
  left=$((left - 1))
  sleep 0.05
done
await_exit "$run"
code=0
if [ -d "$run" ] && [ ! -f "$run/stopping" ]; then
  code=
  [ ! -f "$run/exit" ] || read -r code rest <"$run/exit"
fi
if [ "$code" = 0 ]; then echo stopped; else echo crashed; fi
`;

/** Notes whether the VM is paused. Arguments: run folder, user, process name, \`paused\` or nothing. Nothing is noted of one that does not run. */
export const notePaused = `
${findProcess}
run=$1 user=$2 name=$3 paused=$4
find_process "$run" "$user" "$name" || exit 0
if [ -n "$paused" ]; then : >"$run/paused"; else rm -f "$run/paused"; fi
`;

/**
 * Ends the process and prints how: \`gone\` by itself, \`terminated\`, \`killed\`, or \`not-running\`. Arguments: state folder,
 * run folder, user, process name, then how many twentieths of a second it is given to end by itself, and after TERM.
 */
export const endProcess = `
set -eu
${lock}
${findProcess}
${awaitExit}
state=$1 run=$2 user=$3 name=$4 alone=$5 terminate=$6
[ ! -d "$state" ] || lock "$state"
gone_within() {
  round=0
  while find_process "$run" "$user" "$name"; do
    [ "$round" -lt "$1" ] || return 1
    round=$((round + 1))
    sleep 0.05
  done
  await_exit "$run"
}
finish() {
  rm -f "$state/started"
  echo "$1"
  exit 0
}
if ! find_process "$run" "$user" "$name"; then
  [ ! -d "$run" ] || : >"$run/stopping"
  await_exit "$run"
  finish not-running
fi
: >"$run/stopping"
if gone_within "$alone"; then finish gone; fi
if find_process "$run" "$user" "$name"; then kill -TERM "$process" || :; fi
if gone_within "$terminate"; then finish terminated; fi
if find_process "$run" "$user" "$name"; then kill -KILL "$process" || :; fi
if gone_within 200; then finish killed; fi
echo "process $process does not die" >&2
exit 1
`;

/**
 * Removes a VM's folders, unless its process runs. Arguments: state folder, run folder, user, process name. The run folder
 * goes last: until then the VM is seen.
 */
export const removeFolders = `
set -eu
${lock}
${findProcess}
state=$1 run=$2 user=$3 name=$4
[ ! -d "$state" ] || lock "$state"
if find_process "$run" "$user" "$name"; then echo "process $process still runs" >&2; exit 1; fi
rm -f "$state/launch.json"
rm -rf "$state"
rm -rf "$run"
`;
