# Prints libvirt's version, then what it limits: only a domain tells. So one is made that does nothing, and that is gone
# with the connection of the virsh that asks. Argument: connection.
. ../../../../tools/scripts/virsh.sh
. ../../../../tools/scripts/print-version.sh
uri=$1
print_version
name=croft-probe-$$
words=$(printf '<domain type="qemu"><name>%s</name><memory>8192</memory><os><type arch="x86_64">hvm</type></os></domain>' "$name" |
  virsh_in 30 "create /dev/stdin --paused --autodestroy; schedinfo $name; memtune $name" 2>/dev/null)
rm -f "/var/log/libvirt/qemu/$name.log"
case $words in *hard_limit*) echo 'limits memory' ;; esac
case $words in *cpu_shares*) echo 'limits cpus' ;; esac
exit 0
