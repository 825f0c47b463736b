/** The constant shell scripts that note, end and tell the end of a VM on its node. POSIX sh; data reaches them as arguments only. */
import { awaitExit, findProcess, lock } from './process-scripts.ts';

/** Exit codes of noteStopping: the VM does not run; it runs, and is half put back to a snapshot, so that its guest must not go on. */
export const runsNot = 1;
export const runsHalf = 2;

/** Notes that the end is wanted, whatever the process's exit code will be. Arguments: state folder, run folder, user, process name. */
export const noteStopping = `
${findProcess}
state=$1 run=$2 user=$3 name=$4
find_process "$run" "$user" "$name" || exit ${runsNot}
: >"$run/stopping"
[ ! -f "$state/reverting" ] || exit ${runsHalf}
`;

/** Notes why the VM is paused, in a word of QEMU's, or that it is not, by nothing. Arguments: run folder, user, process name, the word. Nothing is noted of one that does not run. */
export const notePaused = `
${findProcess}
run=$1 user=$2 name=$3 paused=$4
find_process "$run" "$user" "$name" || exit 0
if [ -n "$paused" ]; then printf '%s\\n' "$paused" >"$run/paused"; else rm -f "$run/paused"; fi
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
