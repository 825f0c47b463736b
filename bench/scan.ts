/** Placement as one would write it first, to compare with: for each VM all nodes are filtered and sorted, as objects. */

import type { Node } from '../src/model/node/node.ts';
import type { PlacementSnapshot, PlacementVm } from '../src/model/placement/assignment.ts';
import { add, capacityOf, nothing, type Resources } from '../src/model/placement/capacity.ts';
import { mismatch, requirementOf, unavailability } from '../src/model/placement/node-fit.ts';
import type { PlacementPolicy } from '../src/model/placement/placement.ts';

/** Places the first `count` VMs by priority and age; returns how many found a node. */
export function placeByScan({ nodes, vms, images }: PlacementSnapshot, policy: PlacementPolicy, count: number): number {
  const used = new Map<string, Resources>();
  const places = new Map<string, string>();
  const order = vms.toSorted((a, b) => b.spec.placement.priority - a.spec.placement.priority || a.createdAt - b.createdAt);
  for (const vm of order.slice(0, count)) {
    const image = images.get(vm.imageId);
    if (image === undefined) continue;
    const requirement = requirementOf(vm, image, undefined);
    const ranked = nodes
      .filter((node) => unavailability(node) === null && mismatch(node, requirement) === null)
      .filter((node) => !vm.spec.placement.antiAffinity.required.some((name) => places.get(`${vm.slice}/${name}`) === node.id))
      .map((node) => ({ node, load: loadAfter(node, vm.demand, used.get(node.id) ?? nothing) }))
      .filter(({ load }) => load <= 1)
      .sort((a, b) => (policy === 'pack' ? b.load - a.load : a.load - b.load));
    const [best] = ranked;
    if (best === undefined) continue;
    used.set(best.node.id, add(used.get(best.node.id) ?? nothing, vm.demand));
    places.set(labelOf(vm), best.node.id);
  }
  return places.size;
}

const labelOf = ({ slice, name }: PlacementVm): string => `${slice}/${name}`;

/** Above 1 where it does not fit. */
function loadAfter(node: Node, demand: Resources, used: Resources): number {
  const capacity = capacityOf(node) ?? nothing;
  const after = add(used, demand);
  if (after.disk > capacity.disk) return Number.POSITIVE_INFINITY;
  return Math.max(after.cpus / capacity.cpus, after.memory / capacity.memory);
}
