/** The network driver of a node: chosen by its hypervisor, its underlay, and its inspection. Pure. */
import { type NetworkDriverKind, networkTraitsOf } from '../network/drivers.ts';
import { underlayOf } from '../network/underlay.ts';
import { traitsOf } from './hypervisor.ts';
import type { NodeConfig, NodeSpecs } from './node.ts';

export type DriverChoiceConfig = Pick<NodeConfig, 'hypervisor' | 'bridge' | 'uplink'>;

/**
 * Of the drivers whose links the hypervisor's VMs can have, and that support the node's configured underlay, the first whose programs are
 * present. Where no driver has all programs, or the node was not inspected yet, the first: then inspection and doctor name the missing
 * programs.
 */
export function networkDriverOf(config: DriverChoiceConfig, specs: Pick<NodeSpecs, 'tools'> | null): NetworkDriverKind {
  const possible = traitsOf(config.hypervisor).networkDrivers;
  const { kind } = underlayOf(config);
  const fitting = possible.filter((driver) => networkTraitsOf(driver).underlays.includes(kind));
  const isWhole = (driver: NetworkDriverKind) => networkTraitsOf(driver).linkTools.every((tool) => typeof specs?.tools[tool] === 'string');
  return fitting.find(isWhole) ?? fitting[0] ?? possible[0];
}
