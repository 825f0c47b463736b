# is_vm_process USER NAME: whether `process` lives under that user and carries that name. The shell drops the zero bytes between the
# arguments of a command line.
is_vm_process() {
  case $process in '' | *[!0-9]*) return 1 ;; esac
  tr '\0' '\n' 2>/dev/null <"/proc/$process/cmdline" | grep -qxF -e "$2" || return 1
  grep -qs "^Uid:[[:blank:]]*$1[[:blank:]]" "/proc/$process/status"
}
# find_process FOLDER USER NAME: sets `process` to the id of the VM's process; fails where it has none. A pidfile alone proves nothing: the
# process must live under the VM's user and carry its name, else it is a stranger that got the number later. Where the pidfile in
# the run folder is lost, the process is found by its user, which no other has, and the file is written again.
find_process() {
  process=
  if [ -f "$1/pid" ] && read -r process <"$1/pid" && is_vm_process "$2" "$3"; then return 0; fi
  # shellcheck disable=SC2013 # names without spaces
  for status in $(grep -ls "^Uid:[[:blank:]]*$2[[:blank:]]" /proc/[0-9]*/status); do
    process=${status#/proc/}
    process=${process%/status}
    is_vm_process "$2" "$3" || continue
    # shellcheck disable=SC2174 # the folders above it are there
    mkdir -p -m 711 "$1"
    echo "$process" >"$1/pid"
    return 0
  done
  process=
  return 1
}
