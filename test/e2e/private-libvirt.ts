/** Hosts with a libvirt of their own, whose daemons can be stopped, held and started again. */
import { access, constants, readdir, readFile, rmdir } from 'node:fs/promises';
import { untilTrue } from '../support/until.ts';
import { type PrivateHost, startPrivateHost } from './private-host.ts';

/** own_devices FOLDER: gives the host a /dev of its own with the usual devices, and none for KVM. It is made in the folder. */
export const ownDevices = `
own_devices() {
  mkdir -p "$1"
  mount -t tmpfs -o mode=755 none "$1"
  mkdir "$1/pts" "$1/net" "$1/shm"
  for node in null zero full random urandom tty net/tun; do
    touch "$1/$node"
    mount --bind "/dev/$node" "$1/$node"
  done
  mount --bind /dev/pts "$1/pts"
  # A terminal is looked for beside the file that is opened for it, which a mounted one would not lead to.
  ln -s pts/ptmx "$1/ptmx"
  ln -s /proc/self/fd "$1/fd"
  ln -s fd/0 "$1/stdin"
  awk '$2 ~ "^/dev/" { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount -l
  mount --rbind "$1" /dev
  umount -R -l "$1"
  mount -t tmpfs none /dev/shm
}
`;

/**
 * Argument: a folder in which everything of libvirt's lies. /sys is the host's own. /dev has no kvm: where it is there and closed to libvirt's user,
 * libvirt probes QEMU again for every domain, for many seconds. Control groups are the machine's, and are left alone.
 */
export const startLibvirt = `
set -e
${ownDevices}
mkdir -p /run/libvirt "$1/etc" "$1/lib" "$1/cache" "$1/log"
own_devices "$1/dev"
cp -r /etc/libvirt/. "$1/etc/"
mount --bind "$1/etc" /etc/libvirt
mount --bind "$1/lib" /var/lib/libvirt
mount --bind "$1/cache" /var/cache/libvirt
mount --bind "$1/log" /var/log/libvirt
echo 'cgroup_controllers = []' >>/etc/libvirt/qemu.conf
virtlogd -d
libvirtd -d
`;

export interface LibvirtDaemon {
  /** Signals its daemon. */
  signal(name: 'STOP' | 'CONT' | 'KILL'): Promise<void>;
  /** Starts the daemon again after a KILL. */
  restart(): Promise<void>;
  virsh(...words: string[]): Promise<string>;
}

export type LibvirtHost = PrivateHost & LibvirtDaemon;

/** The daemon of a host on which `sh` runs scripts with positional parameters; rejects where one fails. */
export function libvirtDaemon(sh: PrivateHost['sh'], until: PrivateHost['until']): LibvirtDaemon {
  return {
    signal: async (signal) => void (await sh('kill -s "$1" "$(cat /run/libvirtd.pid)"', signal)),
    async restart() {
      await sh('libvirtd -d');
      await until('virsh -q -c qemu:///system list >/dev/null 2>&1');
    },
    virsh: (...words) => sh('virsh -q -c qemu:///system "$@"', ...words),
  };
}

export async function startLibvirtHost(name: string, services = startLibvirt): Promise<LibvirtHost> {
  const host = await startPrivateHost(name, `mount -t sysfs none /sys\n${services}`);
  await host.until('virsh -q -c qemu:///system version >/dev/null 2>&1');
  return { ...host, ...libvirtDaemon(host.sh, host.until) };
}

const groupKinds = ['cpu', 'memory'] as const;

/** Whether the machine has the control groups of old, and lets make some. */
export async function canGroup(): Promise<boolean> {
  const places = groupKinds.map((kind) => access(`/sys/fs/cgroup/${kind}/cgroup.procs`, constants.W_OK));
  return (await Promise.allSettled(places)).every(({ status }) => status === 'fulfilled');
}

/** As `startLibvirtHost`, with control groups: all that libvirt makes are below one of the machine's, which goes with the host. */
export async function startGroupedLibvirtHost(name: string): Promise<LibvirtHost> {
  const group = `croft-test-${name}-${process.pid}`;
  const own = groupKinds.map((kind) => `/sys/fs/cgroup/${kind}/${group}`);
  const each = (work: string): string => `for kind in ${groupKinds.join(' ')}; do ${work}; done`;
  const enter = `mkdir "/sys/fs/cgroup/$kind" && mount -t cgroup -o "$kind" none "/sys/fs/cgroup/$kind"`;
  const leave = `mkdir "/sys/fs/cgroup/$kind/${group}" && echo $$ >"/sys/fs/cgroup/$kind/${group}/cgroup.procs" && umount "/sys/fs/cgroup/$kind"`;
  const services = startLibvirt
    .replace('cgroup_controllers = []', `cgroup_controllers = ${JSON.stringify(groupKinds)}`)
    .replace('\nlibvirtd -d', `\nunshare --cgroup sh -c '${each('mount -t cgroup -o "$kind" none "/sys/fs/cgroup/$kind"')}; libvirtd -d'`);
  const host = await startLibvirtHost(name, `mount -t tmpfs none /sys/fs/cgroup\n${each(`${enter} && ${leave}`)}\n${services}`);
  return {
    ...host,
    async stop() {
      await host.stop();
      for (const folder of own) await removeGroups(folder);
    },
  };
}

/** Its processes have been killed, and are gone from it some moments later. */
async function removeGroups(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeGroups(`${folder}/${entry.name}`);
  await untilTrue(async () => {
    const left = (await readFile(`${folder}/cgroup.procs`, 'utf8')).trim();
    return left === '';
  });
  await rmdir(folder);
}
