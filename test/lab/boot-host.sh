#!/bin/sh
# A lab host from power on: the first process of its PID namespace, which mounts what is the host's own, starts Open
# vSwitch and sshd, and then reaps what is orphaned. All of the host ends when this process is killed.
# usage: boot-host.sh MARKER LAB HOST FOLDER    (MARKER and LAB only tell whose process this is)
set -eu
host=$3
folder=$4
disk=$folder/disk

hostname "$host"

# Without systemd's or Debian's default, mounts made here would also appear outside.
mount --make-rprivate /
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /run/lab /run/sshd /run/lock /run/openvswitch /run/netns

# What survives a power cut, as it would on a disk.
for path in etc/openvswitch var/lib/croft var/log/openvswitch; do
  mkdir -p "$disk/$path" "/$path"
  mount --bind "$disk/$path" "/$path"
done

# Own accounts: root can log in by key whatever the machine's shadow says, and `operator` must use sudo. Root's home is
# empty, since start-up files of the machine's root take their time, and leave locks there when the power is cut.
override() {
  cat >"/run/lab/$(basename "$1")"
  chmod "$2" "/run/lab/$(basename "$1")"
  [ -e "$1" ] || return 0
  mount --bind "/run/lab/$(basename "$1")" "$1"
}
{
  sed '/^operator:/d; s|^\(root:.*\):/root:|\1:/run/lab/root:|' /etc/passwd
  echo 'operator:x:61000:61000::/run/lab/operator:/bin/sh'
} | override /etc/passwd 644
{
  sed '/^operator:/d' /etc/group
  echo 'operator:x:61000:'
} | override /etc/group 644
{
  sed '/^operator:/d; /^root:/d' /etc/shadow
  echo 'root:*:1::::::'
  echo 'operator:*:1::::::'
} | override /etc/shadow 600
printf 'root ALL=(ALL) ALL\noperator ALL=(ALL) NOPASSWD: ALL\n' | override /etc/sudoers 440
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$host" | override /etc/hosts 644
override /proc/sys/kernel/random/boot_id 444 </proc/sys/kernel/random/uuid
mkdir -p /run/lab/root /run/lab/operator
chown 61000:61000 /run/lab/operator

ip link set lo up

[ -e /etc/openvswitch/conf.db ] || ovsdb-tool create /etc/openvswitch/conf.db
# A pidfile is locked by its daemon; --no-chdir keeps relative paths out of the matter.
ovsdb-server --detach --no-chdir --pidfile --log-file -vconsole:off \
  --remote=punix:/run/openvswitch/db.sock /etc/openvswitch/conf.db
ovs-vsctl --no-wait init
ovs-vswitchd --detach --no-chdir --pidfile --log-file -vconsole:off

/usr/sbin/sshd -f "$folder/sshd_config" -E /run/lab/sshd.log
touch /run/lab/booted

while :; do
  sleep 2147483647 &
  wait
done
