/** Nodes as they are shown, with the resources promised to their VMs. Pure. */

import type { Hypervisor } from '../../model/node/hypervisor.ts';
import type { Node } from '../../model/node/node.ts';
import type { NodeView } from '../../model/node/view.ts';
import { capacityOf, nothing, promisedByNode } from '../../model/placement/capacity.ts';
import { type Capability, capabilities } from '../../model/vm/capability.ts';
import type { VmOutline } from '../../store/store.ts';

type PlacedVm = Pick<VmOutline, 'nodeId' | 'movingTo' | 'demand' | 'memoryHeld'>;

/** The capabilities of each hypervisor. */
type Abilities = (hypervisor: Hypervisor) => ReadonlySet<Capability>;

/** `vms` may hold other nodes' VMs too. */
export function presentNode(node: Node, vms: readonly PlacedVm[], abilitiesOf: Abilities): NodeView {
  return presentWith(node, placesOf(vms), abilitiesOf);
}

/** Costs in proportion to the nodes and the VMs, not to their product. */
export function presentNodes(nodes: readonly Node[], vms: readonly PlacedVm[], abilitiesOf: Abilities): NodeView[] {
  const places = placesOf(vms);
  return nodes.map((node) => presentWith(node, places, abilitiesOf));
}

function placesOf(vms: readonly PlacedVm[]) {
  return {
    promised: promisedByNode(vms),
    present: Map.groupBy(vms, ({ nodeId }) => nodeId),
    arriving: Map.groupBy(vms, ({ movingTo }) => movingTo),
  };
}

function presentWith(node: Node, { promised, present, arriving }: ReturnType<typeof placesOf>, abilitiesOf: Abilities): NodeView {
  const own = present.get(node.id) ?? [];
  const abilities = abilitiesOf(node.config.hypervisor);
  return {
    id: node.id,
    name: node.config.name,
    config: node.config,
    simulated: node.config.simulated === true,
    capabilities: capabilities.filter((capability) => abilities.has(capability)),
    administration: node.administration,
    ...node.observed,
    capacity: capacityOf(node),
    promised: promised.get(node.id) ?? nothing,
    vms: own.length,
    leaving: own.filter(({ movingTo }) => movingTo !== null).length,
    arriving: arriving.get(node.id)?.length ?? 0,
    createdAt: node.createdAt,
  };
}
