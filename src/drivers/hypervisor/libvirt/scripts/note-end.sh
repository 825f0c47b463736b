# Notes that the VM's end is wanted, once libvirt was found to answer, and prints its domain's state, after `half `
# where it is half put back to a snapshot. Arguments: connection, UUID, namespace, mark, state folder, run folder.
. ../../../../tools/scripts/virsh.sh
uri=$1 uuid=$2 state=$5 run=$6
note() {
  [ ! -d "$run" ] || : >"$run/stopping"
}
(require_own "$2" "$3" "$4") || {
  code=$?
  [ "$code" -ne 44 ] || note
  exit "$code"
}
words=$(virsh_in 15 domstate "$uuid" 2>&1) || on_failure "$?" "$words"
note
half=
[ ! -f "$state/reverting" ] || half='half '
printf '%s\n' "$half$words"
