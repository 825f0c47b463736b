/** The first look at a node: what it is, whether it has what its roles need, and making it ready to be worked on. */
import type { HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import { perform } from '../host/host.ts';
import type { NodeInspection } from '../loops/node-worker.ts';
import { CroftError } from '../model/error.ts';
import type { NodeRole } from '../model/node.ts';
import { probeAccelerator } from '../tools/accelerator.ts';
import { readNodeSpecs, readNodeUsage } from '../tools/node-specs.ts';

const switching = ['ip', 'nft', 'ethtool', 'ovs-vsctl', 'ovs-vswitchd'];

/** The programs that a role needs, by the names that `NodeSpecs.tools` has them under. */
export function toolsOf(role: NodeRole, architecture: string): string[] {
  if (role === 'network') return [...switching, 'dnsmasq'];
  return [`qemu-system-${architecture}`, 'qemu-img', 'setpriv', 'flock', 'zstd', 'ssh', ...switching];
}

export function createNodeInspection(hypervisor: HypervisorDriver): NodeInspection {
  return {
    async inspect(host, layout, roles) {
      const [specs] = await perform(host, readNodeSpecs(layout.stateFolder));
      const needed = new Set(roles.flatMap((role) => toolsOf(role, specs.architecture)));
      const missing = [...needed].filter((tool) => specs.tools[tool] === null || specs.tools[tool] === undefined);
      if (missing.length > 0) {
        const words = missing.map((tool) => (tool === 'ovs-vswitchd' ? 'a running ovs-vswitchd' : tool)).join(', ');
        throw new CroftError('node.unfit', `node ${host.name} lacks ${words}`, {
          hint: `see \`croft node doctor ${host.name}\`; with --fix it installs what is missing`,
          node: host.name,
        });
      }
      await hypervisor.prepareNode(host, layout);
      const [accelerator] = await perform(host, probeAccelerator(layout.runFolder));
      return { ...specs, accelerator };
    },
    vitals: (layout) => readNodeUsage(layout.stateFolder),
  };
}
