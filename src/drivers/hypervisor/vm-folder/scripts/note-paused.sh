# Notes why the VM is paused, in a word of QEMU's, or that it is not, by nothing. Arguments: run folder, user, process
# name, the word. Nothing is noted of one that does not run.
. ./find-process.sh
run=$1 user=$2 name=$3 paused=$4
find_process "$run" "$user" "$name" || exit 0
if [ -n "$paused" ]; then printf '%s\n' "$paused" >"$run/paused"; else rm -f "$run/paused"; fi
