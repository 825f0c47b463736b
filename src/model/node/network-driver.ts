/** Which network driver a node has: by its hypervisor, by what joins it to other nodes, and by what was found on it. Pure. */
import { type NetworkDriverKind, networkTraitsOf } from '../network/drivers.ts';
import { underlayOf } from '../network/underlay.ts';
import { traitsOf } from './hypervisor.ts';
import type { NodeConfig, NodeSpecs } from './node.ts';

export type DriverChoiceConfig = Pick<NodeConfig, 'hypervisor' | 'bridge' | 'uplink'>;

/**
 * Of the drivers whose links the hypervisor's VMs can have, and that can join the node as configured, the first one whose programs
 * are there. Where none has all of them, or nothing was found out yet, the first: then inspection and doctor name what it lacks.
 */
export function networkDriverOf(config: DriverChoiceConfig, specs: Pick<NodeSpecs, 'tools'> | null): NetworkDriverKind {
  const possible = traitsOf(config.hypervisor).networkDrivers;
  const { kind } = underlayOf(config);
  const fitting = possible.filter((driver) => networkTraitsOf(driver).underlays.includes(kind));
  const isWhole = (driver: NetworkDriverKind) => networkTraitsOf(driver).linkTools.every((tool) => typeof specs?.tools[tool] === 'string');
  return fitting.find(isWhole) ?? fitting[0] ?? possible[0];
}
