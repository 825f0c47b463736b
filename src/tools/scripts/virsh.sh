# Functions for scripts; they need the connection's address in `uri`. virsh_in SECONDS ARGUMENTS: runs virsh, which a
# libvirt that hangs does not hold for longer; its words are libvirt's own. on_failure CODE WORDS: ends the script, with
# the code that says why. require_own UUID NAMESPACE MARK: ends the script with noDomain unless that domain has metadata
# that bear the mark.
export LC_ALL=C
virsh_in() {
  limit=$1
  shift
  timeout -k 1 "$limit" virsh -q -c "$uri" "$@"
}
on_failure() {
  [ -z "$2" ] || printf '%s\n' "$2" >&2
  case $2 in *'failed to connect to the hypervisor'* | *'Disconnected from'*) exit 45 ;; esac
  exit "$1"
}
require_own() {
  words=$(virsh_in 15 metadata "$1" "$2" 2>&1) || {
    code=$?
    case $words in *'failed to get domain'* | *'metadata element is not present'*) exit 44 ;; esac
    on_failure "$code" "$words"
  }
  case $words in *"$3"*) ;; *) exit 44 ;; esac
}
