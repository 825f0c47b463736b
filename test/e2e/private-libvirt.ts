/** Hosts with a libvirt of their own, whose daemons can be stopped, held and started again. */
import { type PrivateHost, startPrivateHost } from './private-host.ts';

/**
 * Everything of libvirt's lies in the host's folder. /dev has no kvm: where it is there and closed to libvirt's user, libvirt
 * looks at QEMU anew for every domain, for many seconds. Control groups are the machine's, and are left alone.
 */
const libvirt = `
mount -t sysfs none /sys
dev=$1/dev
mkdir -p "$1/run/libvirt" "$1/etc" "$1/lib" "$1/cache" "$1/log" "$dev"
mount -t tmpfs -o mode=755 none "$dev"
mkdir "$dev/pts" "$dev/net" "$dev/shm"
for node in null zero full random urandom tty ptmx net/tun; do
  touch "$dev/$node"
  mount --bind "/dev/$node" "$dev/$node"
done
mount --bind /dev/pts "$dev/pts"
ln -s /proc/self/fd "$dev/fd"
ln -s fd/0 "$dev/stdin"
awk '$2 ~ "^/dev/" { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount -l
mount --rbind "$dev" /dev
umount -R -l "$dev"
mount -t tmpfs none /dev/shm
cp -r /etc/libvirt/. "$1/etc/"
mount --bind "$1/etc" /etc/libvirt
mount --bind "$1/lib" /var/lib/libvirt
mount --bind "$1/cache" /var/cache/libvirt
mount --bind "$1/log" /var/log/libvirt
echo 'cgroup_controllers = []' >>/etc/libvirt/qemu.conf
virtlogd -d
libvirtd -d
`;

export interface LibvirtHost extends PrivateHost {
  /** Signals its daemon. */
  signal(name: 'STOP' | 'CONT' | 'KILL'): Promise<void>;
  /** Starts the daemon again after a KILL. */
  restart(): Promise<void>;
  virsh(...words: string[]): Promise<string>;
}

export async function startLibvirtHost(name: string): Promise<LibvirtHost> {
  const host = await startPrivateHost(name, libvirt);
  await host.until('virsh -q -c qemu:///system version >/dev/null 2>&1');
  return {
    ...host,
    signal: async (signal) => void (await host.sh('kill -s "$1" "$(cat /run/libvirtd.pid)"', signal)),
    async restart() {
      await host.sh('libvirtd -d');
      await host.until('virsh -q -c qemu:///system list >/dev/null 2>&1');
    },
    virsh: (...words) => host.sh('virsh -q -c qemu:///system "$@"', ...words),
  };
}
