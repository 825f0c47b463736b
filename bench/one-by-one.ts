/**
 * Deploying the way Croft replaces, written from its description: a fresh `ssh` for every command, one VM after the
 * other. Where the description leaves a choice, the quicker one is taken.
 */

import type { Lab, LabHost } from '../test/lab/lab.ts';
import { must, run } from '../test/lab/machine.ts';
import { until } from '../test/support/until.ts';
import { memory, vmCount } from './slice.ts';

interface Network {
  vlan: number;
  /** Its first three bytes. */
  prefix: string;
  internet: boolean;
}

const networks: readonly Network[] = [
  { vlan: 400, prefix: '10.60.7', internet: true },
  { vlan: 401, prefix: '192.168.145', internet: false },
];
const bridge = 'br-int';
const disks = '/var/lib/croft/bench/disks';

interface Running {
  host: LabHost;
  pid: string;
}

export class OneByOne {
  readonly #lab: Lab;
  readonly #image: string;
  #running: Running[] = [];
  #taps: { host: LabHost; tap: string }[] = [];

  /** `image` lies on every host already. */
  constructor(lab: Lab, image: string) {
    this.#lab = lab;
    this.#image = image;
  }

  /** The bridge is there before the deployment begins, as the description demands. */
  async prepare(): Promise<void> {
    for (const host of this.#lab.hosts) {
      await inside(host, 'ovs-vsctl', '--may-exist', 'add-br', bridge, '--', 'set', 'Bridge', bridge, 'datapath_type=netdev');
      await inside(host, 'mkdir', '-p', disks);
    }
  }

  /** Resolves with the seconds that it took. */
  async deploy(): Promise<number> {
    const start = performance.now();
    const [networkNode] = this.#lab.hosts;
    if (networkNode === undefined) throw new Error('a lab without hosts');
    for (const network of networks) await this.#makeNetwork(networkNode, network);
    for (let index = 0; index < vmCount; index++) {
      const host = this.#lab.hosts[index % this.#lab.hosts.length];
      if (host !== undefined) await this.#makeVm(host, index);
    }
    return (performance.now() - start) / 1000;
  }

  /** Takes everything back, not measured. */
  async remove(): Promise<void> {
    for (const { host, pid } of this.#running) await inside(host, 'kill', '-KILL', pid);
    for (const { host, pid } of this.#running) {
      await until(`process ${pid} has ended`, async () => (await host.exec(['test', '-d', `/proc/${pid}`])).code !== 0 || undefined);
    }
    for (const { host, tap } of this.#taps) await inside(host, 'ip', 'link', 'delete', tap);
    for (const host of this.#lab.hosts) await inside(host, 'sh', '-c', `rm -rf ${disks}; ovs-vsctl --if-exists del-br ${bridge}`);
    const [networkNode] = this.#lab.hosts;
    if (networkNode !== undefined) await inside(networkNode, 'sh', '-c', removeNetworks);
    this.#running = [];
    this.#taps = [];
  }

  async #makeNetwork(host: LabHost, { vlan, prefix, internet }: Network): Promise<void> {
    const [gateway, peer, namespace] = [`gw_vlan${vlan}`, `ns_vlan${vlan}`, `ns-dhcp-vlan${vlan}`];
    const within = `ip netns exec ${namespace}`;
    await ssh(host, `ip netns add ${namespace}`);
    await ssh(host, `ip link add ${gateway} type veth peer name ${peer}`);
    await ssh(host, `ip link set ${peer} netns ${namespace}`);
    await ssh(host, `ovs-vsctl add-port ${bridge} ${gateway} tag=${vlan}`);
    await ssh(host, `ip link set ${gateway} up`);
    await ssh(host, `${within} ip addr add ${prefix}.1/24 dev ${peer}`);
    await ssh(host, `${within} ip link set ${peer} up`);
    const range = `--dhcp-range=${prefix}.10,${prefix}.250,12h --dhcp-option=6,8.8.8.8`;
    const files = `--pid-file=/run/${namespace}.pid --dhcp-leasefile=/run/${namespace}.leases`;
    await ssh(host, `${within} dnsmasq --conf-file=/dev/null --interface=${peer} --bind-interfaces --port=0 ${range} ${files}`);
    if (!internet) return;
    await ssh(host, 'sysctl -q -w net.ipv4.ip_forward=1');
    await ssh(host, "nft 'add table ip one_by_one; add chain ip one_by_one nat { type nat hook postrouting priority srcnat; }'");
    await ssh(host, `nft add rule ip one_by_one nat ip saddr ${prefix}.0/24 masquerade`);
  }

  async #makeVm(host: LabHost, index: number): Promise<void> {
    const name = `bench-vm-${index}`;
    const disk = `${disks}/${name}.qcow2`;
    await ssh(host, `test -f ${this.#image}`);
    await ssh(host, `qemu-img create -q -f qcow2 -F raw -b ${this.#image} ${disk}`);
    const nics: string[] = [];
    for (const [nic, { vlan }] of networks.entries()) {
      const tap = `tap${index}-${nic}`;
      await ssh(host, `ip tuntap add ${tap} mode tap`);
      this.#taps.push({ host, tap });
      await ssh(host, `ip link set ${tap} up`);
      await ssh(host, `ovs-vsctl add-port ${bridge} ${tap} tag=${vlan}`);
      const mac = `52:54:00:00:0${nic}:${index.toString(16).padStart(2, '0')}`;
      nics.push(`-netdev tap,id=n${nic},ifname=${tap},script=no,downscript=no -device e1000,netdev=n${nic},mac=${mac}`);
    }
    const machine = `-accel tcg -m ${memory} -smp 1 -vnc 127.0.0.1:${index} -drive file=${disk},format=qcow2`;
    await ssh(host, `qemu-system-x86_64 -name ${name} ${machine} ${nics.join(' ')} -daemonize`);
    // Its own command line would match too, were it not for the brackets.
    const pid = (await ssh(host, `pgrep -f '[q]emu.*-name ${name} '`)).trim();
    this.#running.push({ host, pid });
  }
}

const removeNetworks = networks
  .map(({ vlan }) => {
    const namespace = `ns-dhcp-vlan${vlan}`;
    return `if [ -f /run/${namespace}.pid ]; then kill "$(cat /run/${namespace}.pid)"; fi; ip netns delete ${namespace} 2>/dev/null;`;
  })
  .concat('nft delete table ip one_by_one 2>/dev/null; true')
  .join('\n');

/** A fresh process, connection and login for each command. */
export async function ssh({ address, keyFile }: LabHost, command: string): Promise<string> {
  const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-i', keyFile];
  return await must(run(['ssh', ...options, `root@${address}`, command]), `ssh ${address} ${command}`);
}

async function inside(host: LabHost, ...argv: string[]): Promise<void> {
  await must(host.exec(argv), `${argv.join(' ')} on ${host.name}`);
}
