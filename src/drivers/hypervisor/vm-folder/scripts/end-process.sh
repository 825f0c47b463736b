# Ends the process and prints how: `gone` by itself, `terminated`, `killed`, or `not-running`. Arguments: state folder,
# run folder, user, process name, then how many twentieths of a second it is given to end by itself, and after TERM.
set -eu
. ./lock.sh
. ./find-process.sh
. ./await-exit.sh
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
