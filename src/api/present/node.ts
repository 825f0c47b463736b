/** Nodes as they are shown, with what their VMs are promised. Pure. */
import { capacityOf, nothing, promisedByNode } from '../../model/capacity.ts';
import type { Node } from '../../model/node.ts';
import type { NodeView } from '../../model/node-view.ts';
import type { VmOutline } from '../../store/store.ts';

type PlacedVm = Pick<VmOutline, 'nodeId' | 'movingTo' | 'demand' | 'memoryHeld'>;

/** `vms` may hold other nodes' VMs too. */
export function presentNode(node: Node, vms: readonly PlacedVm[]): NodeView {
  return presentWith(node, placesOf(vms));
}

/** Costs in proportion to the nodes and the VMs, not to their product. */
export function presentNodes(nodes: readonly Node[], vms: readonly PlacedVm[]): NodeView[] {
  const places = placesOf(vms);
  return nodes.map((node) => presentWith(node, places));
}

function placesOf(vms: readonly PlacedVm[]) {
  return {
    promised: promisedByNode(vms),
    present: Map.groupBy(vms, ({ nodeId }) => nodeId),
    arriving: Map.groupBy(vms, ({ movingTo }) => movingTo),
  };
}

function presentWith(node: Node, { promised, present, arriving }: ReturnType<typeof placesOf>): NodeView {
  const own = present.get(node.id) ?? [];
  return {
    id: node.id,
    name: node.config.name,
    config: node.config,
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
