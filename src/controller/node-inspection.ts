/** The inspection of a node: its properties, the requirements of its roles, and its preparation for work. */
import type { HypervisorDriver, NodeLayout } from '../drivers/hypervisor/driver.ts';
import { type Host, perform } from '../host/host.ts';
import type { NodeInspection } from '../loops/node/connection.ts';
import { CroftError } from '../model/error.ts';
import { networkTraitsOf } from '../model/network/drivers.ts';
import { traitsOf } from '../model/node/hypervisor.ts';
import { type DriverChoiceConfig, networkDriverOf } from '../model/node/network-driver.ts';
import type { Accelerator, NodeConfig, NodeSpecs } from '../model/node/node.ts';
import type { NodeRole } from '../model/node/roles.ts';
import { probeAccelerator } from '../tools/accelerator.ts';
import { readNodeSpecs, readNodeUsage } from '../tools/node-specs.ts';
import { hypervisorSupport } from './hypervisors.ts';

/** The programs for receiving, checking and passing on images. */
const images = ['coreutils', 'zstd', 'ssh'];

type ToolsConfig = DriverChoiceConfig & Pick<NodeConfig, 'roles'>;

/** The programs that a node's roles need, by the names that `NodeSpecs.tools` has them under. */
export function toolsOf(config: ToolsConfig, specs: Pick<NodeSpecs, 'architecture' | 'tools'>): string[] {
  const { roles, hypervisor } = config;
  const { linkTools, routerTools } = networkTraitsOf(networkDriverOf(config, specs));
  const tools: Record<NodeRole, readonly string[]> = {
    compute: [...hypervisorSupport[hypervisor].programs(specs.architecture), ...linkTools, ...images],
    network: [...linkTools, ...routerTools],
  };
  return [...new Set(roles.flatMap((role) => tools[role]))];
}

/** Measured, unless the hypervisor leaves no choice. */
export async function acceleratorOf(host: Host, layout: NodeLayout, { hypervisor }: NodeConfig): Promise<Accelerator> {
  const given = traitsOf(hypervisor).accelerator;
  if (given !== null) return given;
  const [accelerator] = await perform(host, probeAccelerator(layout.runFolder));
  return accelerator;
}

export function createNodeInspection(hypervisorOf: (config: NodeConfig) => HypervisorDriver): NodeInspection {
  return {
    async inspect(host, layout, config) {
      const hypervisor = hypervisorOf(config).on({ host, layout });
      const [specs, probe] = await perform(host, readNodeSpecs(layout.stateFolder), hypervisor.probe());
      const missing = toolsOf(config, specs).filter((tool) => specs.tools[tool] === null || specs.tools[tool] === undefined);
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
      await hypervisor.prepareNode();
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
