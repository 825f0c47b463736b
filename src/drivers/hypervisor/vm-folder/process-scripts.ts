/** What the scripts about a VM's process have in common: its lock, finding its process, its exit. POSIX sh; data reaches them as arguments only. */

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
export const awaitExit = `
await_exit() {
  round=0
  until [ ! -f "$1/pid" ] || [ -f "$1/exit" ] || [ "$round" -ge 25 ]; do
    round=$((round + 1))
    sleep 0.02
  done
}
`;
