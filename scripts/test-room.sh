#!/bin/sh
# Runs a program of the test run as the first process of namespaces of its own, for processes and mounts: when it ends, or is
# killed, nothing that it started keeps running, and no mount or network namespace of it stays, nor an interface into one. What it
# should have cleaned up itself is reported, so that this hides no leak.
# usage: unshare --mount --pid --fork --kill-child --mount-proc test-room.sh FOLDER PROGRAM [ARGUMENT...]
# FOLDER gets the file `left`: a line for each thing that was still there when the program had ended.
set -eu
folder=$1
shift

mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

# Sorted lines, one per thing. It starts no process while it looks at processes.
things() {
  for process in /proc/[0-9]*; do
    [ "$process" = /proc/1 ] || echo "process ${process#/proc/}"
  done >"$1.processes"
  for path in /run/netns/*; do
    [ ! -e "$path" ] || echo "network namespace ${path##*/}"
  done >"$1.namespaces"
  cut -d ' ' -f 5 /proc/self/mountinfo | sed 's/^/mount /' >"$1.mounts"
  sort "$1.processes" "$1.namespaces" "$1.mounts" >"$1"
}

things "$folder/before"
# In the background: while the shell waits it also reaps what lost its parent, as the first process has to.
"$@" &
code=0
wait "$!" || code=$?

# What ends a moment later by itself is no leak.
for _ in $(seq 50); do
  things "$folder/after"
  comm -13 "$folder/before" "$folder/after" >"$folder/left"
  [ -s "$folder/left" ] || exit "$code"
  sleep 0.1
done
while read -r kind process; do
  [ "$kind" != process ] || echo "process $process is: $(tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline")"
done <"$folder/left" >"$folder/words"
cat "$folder/words" >>"$folder/left"
exit "$code"
