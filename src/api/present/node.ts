/** Nodes as they are shown, with what their VMs are promised. Pure. */
import { capacityOf, demandOf, nothing, promisedByNode } from '../../model/capacity.ts';
import type { Node } from '../../model/node.ts';
import type { NodeView } from '../../model/node-view.ts';
import type { Vm } from '../../model/vm.ts';

/** `vms` may hold other nodes' VMs too. */
export function presentNode(node: Node, vms: readonly Vm[]): NodeView {
  const own = vms.filter((vm) => vm.nodeId === node.id);
  const arriving = vms.filter((vm) => vm.movingTo === node.id);
  const promised = promisedByNode(
    [...own, ...arriving].map(({ nodeId, movingTo, spec }) => ({ nodeId, movingTo, demand: demandOf(spec) })),
  );
  return {
    id: node.id,
    name: node.config.name,
    config: node.config,
    administration: node.administration,
    ...node.observed,
    capacity: capacityOf(node),
    promised: promised.get(node.id) ?? nothing,
    vms: own.length,
    leaving: own.filter((vm) => vm.movingTo !== null).length,
    arriving: arriving.length,
    createdAt: node.createdAt,
  };
}
