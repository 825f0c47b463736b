# Prints how a VM ended that is no longer heard of: `stopped` where that was wanted or its guest powered off, `crashed`,
# or `running`. Arguments: run folder, user, process name, how many twentieths of a second its process is waited for.
# Its exit code has been written when this ends, so that a later observation sees the same.
. ./find-process.sh
. ./await-exit.sh
run=$1 user=$2 name=$3 left=$4
while find_process "$run" "$user" "$name"; do
  [ "$left" -gt 0 ] || {
    echo running
    exit 0
  }
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
