# Ends the domain at once and removes it with all that libvirt keeps of it. Arguments: connection, UUID, namespace,
# mark, name. A domain that is not there, or not ours, is left as it is.
. ../../../../tools/scripts/virsh.sh
uri=$1 uuid=$2 name=$5
require_own "$2" "$3" "$4"
words=$(virsh_in 60 destroy "$uuid" 2>&1) || {
  code=$?
  case $words in *'domain is not running'*) ;; *) on_failure "$code" "$words" ;; esac
}
words=$(virsh_in 30 undefine "$uuid" --managed-save --snapshots-metadata --checkpoints-metadata --nvram 2>&1) || on_failure "$?" "$words"
rm -f "/var/log/libvirt/qemu/$name.log" "/var/log/libvirt/qemu/$name.log".[0-9]*
