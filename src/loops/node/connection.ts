/** How a node is reached, inspected, and worked on by its drivers. */
import type { HypervisorDriver, NodeAbilities, NodeHypervisor, NodeLayout, NodeReach } from '../../drivers/hypervisor/driver.ts';
import type { NetworkDriver, NodeNetwork } from '../../drivers/network/driver.ts';
import type { Call, Host } from '../../host/host.ts';
import type { NodeConfig, NodeSpecs } from '../../model/node/node.ts';
import type { ImageDelivery } from '../../reconciler/context.ts';

/** The part of a node's specs that changes by itself. */
export type NodeVitals = Pick<NodeSpecs, 'bootId' | 'memory' | 'memoryAvailable' | 'disk' | 'diskFree' | 'load'>;

/** Inspects a node; rejects with `node.*` where the node cannot be reached or used. */
export interface NodeInspection {
  /** A full inspection, which also prepares the node for work. */
  inspect(host: Host, layout: NodeLayout, config: NodeConfig): Promise<NodeSpecs>;
  /** The part that is read again in each pass, together with the drivers' observations. */
  vitals(layout: NodeLayout): Call<NodeVitals>;
}

/** Images on nodes, as a worker sees them. */
export interface NodeImages extends ImageDelivery {
  /** The sha256 of each image on the node, sorted. */
  observe(host: Host, layout: NodeLayout): Call<string[]>;
  /** Aborts deliveries to the node: pending calls of `ensure` reject. */
  giveUp(host: Host, layout: NodeLayout): void;
}

/** A node as it is worked on. */
export interface NodeConnection extends NodeReach {
  hypervisor: NodeHypervisor;
  network: NodeNetwork;
}

interface Drivers {
  hypervisor: HypervisorDriver;
  network: NetworkDriver;
}

/** With the unbound drivers, to be bound again once more is known of the node. */
export interface Connected extends NodeConnection {
  drivers: Drivers;
}

export function bound({ host, layout }: NodeReach, drivers: Drivers, specs: NodeSpecs | null = null): Connected {
  const node = { host, layout, ...(specs !== null && { abilities: abilitiesOf(specs) }) };
  return { host, layout, drivers, hypervisor: drivers.hypervisor.on(node), network: drivers.network.on(node) };
}

function abilitiesOf({ accelerator, architecture, datapath }: NodeSpecs): NodeAbilities {
  return { accelerator, architecture, datapath: datapath ?? 'netdev' };
}
