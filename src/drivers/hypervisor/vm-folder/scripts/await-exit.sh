# Waits until the process that was there last has let go of its files: it loses its command line, by which it is found,
# some time before. Its supervisor then writes the exit code; where none does, half a second must do.
await_exit() {
  round=0
  until [ ! -f "$1/pid" ] || [ -f "$1/exit" ] || [ "$round" -ge 25 ]; do
    round=$((round + 1))
    sleep 0.02
  done
}
