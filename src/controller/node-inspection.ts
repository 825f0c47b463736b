/** The first look at a node: what it is, whether it has what its roles need, and making it ready to be worked on. */
import type { HypervisorDriver, NodeLayout } from '../drivers/hypervisor/driver.ts';
import { type Host, perform } from '../host/host.ts';
import type { NodeInspection } from '../loops/node/worker.ts';
import { CroftError } from '../model/error.ts';
import type { Backend } from '../model/image/definition.ts';
import type { Accelerator, NodeConfig, NodeRole } from '../model/node/node.ts';
import { probeAccelerator } from '../tools/accelerator.ts';
import { readNodeSpecs, readNodeUsage } from '../tools/node-specs.ts';

/** What images are taken in, checked and passed on with. */
const images = ['coreutils', 'zstd', 'ssh'];
const switching = ['ip', 'nft', 'ethtool', 'ovs-vsctl', 'ovs-vswitchd'];

/** The programs that a role needs, by the names that `NodeSpecs.tools` has them under. */
export function toolsOf(role: NodeRole, architecture: string, hypervisor: Backend): string[] {
  if (role === 'network') return [...switching, 'dnsmasq'];
  return [...hypervisorTools(architecture)[hypervisor], ...images];
}

/** What illumos has of its own is asked for by the hypervisor driver; python3 locks files there, and is a terminal for consoles. */
const hypervisorTools = (architecture: string): Record<Backend, readonly string[]> => ({
  qemu: [`qemu-system-${architecture}`, 'qemu-img', 'setpriv', 'flock', ...switching],
  libvirt: ['virsh', 'qemu-img', 'setpriv', 'flock', ...switching],
  zones: ['python3'],
});

/** Zones of the brand bhyve run on the processor's own virtualization, or not at all; of others it is measured. */
export async function acceleratorOf(host: Host, layout: NodeLayout, { hypervisor }: NodeConfig): Promise<Accelerator> {
  if (hypervisor === 'zones') return { kind: 'bhyve', reason: "zones of this brand run on the processor's virtualization only" };
  const [accelerator] = await perform(host, probeAccelerator(layout.runFolder));
  return accelerator;
}

export function createNodeInspection(hypervisorOf: (config: NodeConfig) => HypervisorDriver): NodeInspection {
  return {
    async inspect(host, layout, config) {
      const hypervisor = hypervisorOf(config);
      const [specs, probe] = await perform(host, readNodeSpecs(layout.stateFolder), hypervisor.probe());
      const needed = new Set(config.roles.flatMap((role) => toolsOf(role, specs.architecture, config.hypervisor)));
      const missing = [...needed].filter((tool) => specs.tools[tool] === null || specs.tools[tool] === undefined);
      if (missing.length > 0) {
        const words = missing.map((tool) => (tool === 'ovs-vswitchd' ? 'a running ovs-vswitchd' : tool)).join(', ');
        throw new CroftError('node.unfit', `node ${host.name} lacks ${words}`, {
          hint: `see \`croft node doctor ${host.name}\`; with --fix it installs what is missing`,
          node: host.name,
        });
      }
      if (!probe.usable && config.roles.includes('compute')) {
        throw new CroftError('node.unfit', `the hypervisor ${hypervisor.name} of node ${host.name} cannot be used: ${probe.reason}`, {
          hint: `see \`croft node doctor ${host.name}\``,
          node: host.name,
        });
      }
      await hypervisor.prepareNode(host, layout);
      const accelerator = await acceleratorOf(host, layout, config);
      if (!probe.usable) return { ...specs, accelerator, hypervisors: [] };
      const { version, limits } = probe;
      return {
        ...specs,
        accelerator,
        hypervisors: [config.hypervisor],
        hypervisor: { version, limits, moves: hypervisor.can.has('move') },
      };
    },
    vitals: (layout) => readNodeUsage(layout.stateFolder),
  };
}
