/** The first look at a node: what it is, whether it has what its roles need, and making it ready to be worked on. */
import type { HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import { perform } from '../host/host.ts';
import type { NodeInspection } from '../loops/node-worker.ts';
import { CroftError } from '../model/error.ts';
import type { Backend } from '../model/image-definition.ts';
import type { NodeConfig, NodeRole } from '../model/node.ts';
import { probeAccelerator } from '../tools/accelerator.ts';
import { readNodeSpecs, readNodeUsage } from '../tools/node-specs.ts';

const switching = ['ip', 'nft', 'ethtool', 'ovs-vsctl', 'ovs-vswitchd'];

/** The programs that a role needs, by the names that `NodeSpecs.tools` has them under. */
export function toolsOf(role: NodeRole, architecture: string, hypervisor: Backend): string[] {
  if (role === 'network') return [...switching, 'dnsmasq'];
  return [...hypervisorTools(architecture)[hypervisor], 'flock', 'zstd', 'ssh', ...switching];
}

const hypervisorTools = (architecture: string): Record<Backend, readonly string[]> => ({
  qemu: [`qemu-system-${architecture}`, 'qemu-img', 'setpriv'],
  libvirt: ['virsh', 'qemu-img', 'setpriv'],
  zones: [],
});

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
      const [accelerator] = await perform(host, probeAccelerator(layout.runFolder));
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
