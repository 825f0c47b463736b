# virsh; the connection's address is in `uri`. Exit codes: 44 there is no such domain of ours, 45 libvirt cannot be reached.
export LC_ALL=C
# virsh_in SECONDS ARGUMENTS: runs virsh, which a libvirt that hangs does not hold for longer; its words are libvirt's own.
virsh_in() {
  limit=$1
  shift
  timeout -k 1 "$limit" virsh -q -c "$uri" "$@"
}
# on_failure CODE WORDS: ends the script, with the code that says why.
on_failure() {
  [ -z "$2" ] || printf '%s\n' "$2" >&2
  case $2 in *'failed to connect to the hypervisor'* | *'Disconnected from'*) exit 45 ;; esac
  exit "$1"
}
# require_own UUID NAMESPACE MARK: ends the script unless that domain has metadata that bear the mark.
require_own() {
  words=$(virsh_in 15 metadata "$1" "$2" 2>&1) || {
    code=$?
    case $words in *'failed to get domain'* | *'metadata element is not present'*) exit 44 ;; esac
    on_failure "$code" "$words"
  }
  case $words in *"$3"*) ;; *) exit 44 ;; esac
}
