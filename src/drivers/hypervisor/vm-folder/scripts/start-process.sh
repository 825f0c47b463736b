# Starts the process unless it runs. The mark of an earlier start goes first: of what was started and not marked yet,
# the record tells what it runs from. Arguments: state folder, run folder, user, process name, group that may open the
# sockets, hash, bytes of memory, the supervisor's script, `paused` where its guest does nothing yet or nothing, then
# those of make_groups and the command. One that is half put back to a snapshot is started only paused. The VNC socket
# is made when all devices are, so its being there means that the machine runs. A process that ended before that never
# was a start: its VM is stopped, not failed. The environment is cleared since it may carry what belongs to the session
# of this script alone. The input is what the VM is started from, kept with the hash of that.
set -eu
. ./lock.sh
. ./find-process.sh
. ./await-exit.sh
. ./refuse-half.sh
. ./clear-run-folder.sh
. ./keep-running.sh
state=$1 run=$2 user=$3 name=$4 group=$5 hash=$6 memory=$7 supervisor=$8 paused=$9
shift 9
launch=$(cat)
[ -f "$state/launch.json" ] || {
  echo "$state is not complete" >&2
  exit 1
}
lock "$state"
if find_process "$run" "$user" "$name"; then exit 0; fi
refuse_half
await_exit "$run"
clear_run_folder
env -i PATH="$PATH" LC_ALL=C setsid sh -c "$supervisor" croft-vm "$state" "$run" "$hash" "$@" \
  </dev/null >/dev/null 2>>"$run/stderr" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
round=0
until [ -S "$run/sockets/vnc.sock" ]; do
  round=$((round + 1))
  if [ "$round" -eq 1000 ]; then
    echo "it was not ready after 20 seconds" >>"$run/stderr"
    if find_process "$run" "$user" "$name"; then kill -KILL "$process"; fi
  fi
  if [ "$round" -ge 1050 ]; then
    cat "$run/stderr" >&2
    exit 1
  fi
  if [ -f "$run/exit" ]; then
    cat "$run/stderr" >&2
    rm -f "$run/exit" "$run/pid"
    exit 1
  fi
  sleep 0.02
done
find_process "$run" "$user" "$name" || {
  cat "$run/stderr" >&2
  exit 1
}
[ -z "$paused" ] || : >"$run/paused"
keep_running "$(date +%s)"
