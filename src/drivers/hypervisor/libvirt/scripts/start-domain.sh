# Redefines the domain and starts it, unless the VM's process runs. Arguments: connection, UUID, namespace and mark
# of its metadata, state folder, run folder, user, process name, group that may open the sockets, hash of the launch,
# bytes of memory, libvirt's network or nothing, the accelerator, `--paused` or nothing, then those of limit_domain but
# the domain. Input: a line with the launch, then the domain. Under KVM the process has the device's group instead of
# its own, so that it owns what else it could only read by its group.
# Exit codes: 46: a domain that is not ours has the VM's name or UUID; 47: the network of libvirt's own does not start.
set -eu
. ../../vm-folder/scripts/lock.sh
. ../../vm-folder/scripts/find-process.sh
. ../../vm-folder/scripts/keep-running.sh
. ../../../../tools/scripts/virsh.sh
. ./limit-domain.sh
. ../../vm-folder/scripts/refuse-half.sh
. ../../vm-folder/scripts/clear-run-folder.sh
uri=$1 uuid=$2 namespace=$3 mark=$4 state=$5 run=$6 user=$7 name=$8 group=$9
shift 9
hash=$1 memory=$2 network=$3 accelerator=$4 paused=$5 groups=$6 cpus=$7 kibibytes=$8
IFS= read -r launch
[ -f "$state/launch.json" ] || {
  echo "$state is not complete" >&2
  exit 1
}
lock "$state"
if find_process "$run" "$user" "$name"; then exit 0; fi
refuse_half
clear_run_folder
if [ "$accelerator" = kvm ]; then
  chmod 711 "$state"
  chown "$user:$user" "$state/seed.iso"
  chmod 400 "$state/seed.iso"
fi
network_runs() {
  listed=$(virsh_in 15 net-list --name 2>&1) || on_failure "$?" "$listed"
  printf '%s\n' "$listed" | grep -qxF -e "$network"
}
# VMs that start side by side all find it off, and only the first may start it.
if [ -n "$network" ] && ! network_runs; then
  words=$(virsh_in 60 net-start "$network" 2>&1) || network_runs || on_failure 47 "$words"
fi
if words=$(virsh_in 15 metadata "$uuid" "$namespace" 2>&1); then
  case $words in *"$mark"*) ;; *) exit 46 ;; esac
else
  code=$?
  case $words in
  *'failed to get domain'*) ;;
  *'metadata element is not present'*) exit 46 ;;
  *) on_failure "$code" "$words" ;;
  esac
fi
words=$(virsh_in 60 define /dev/stdin 2>&1) || {
  code=$?
  case $words in *'already exists with uuid'* | *'is already defined with uuid'*) exit 46 ;; esac
  on_failure "$code" "$words"
}
# shellcheck disable=SC2086 # nothing or one option
words=$(virsh_in 120 start "$uuid" $paused 2>&1) || on_failure "$?" "$words"
find_process "$run" "$user" "$name" || {
  echo 'it ended at once' >&2
  exit 1
}
limit_domain "$groups" "$uuid" "$cpus" "$kibibytes"
keep_running "$(date +%s)"
