/** Which nodes a change of the desired state concerns, so that the other nodes are not woken. Pure. */
import type { OpenVm, SliceState } from '../../store/store.ts';

/**
 * The nodes of VMs that are not as desired, and the routers' nodes of their slices and of slices that were changed or are being removed.
 * `seen`: slice → its generation when its nodes were last woken.
 */
export function concernedNodes(
  vms: readonly OpenVm[],
  slices: readonly Omit<SliceState, 'routed'>[],
  seen: ReadonlyMap<string, number>,
): Set<string> {
  const nodes = new Set<string>();
  const unsettled = new Set<string>();
  for (const { nodeId, sliceId, desired, generation, observed } of vms) {
    if (desired !== 'absent' && observed.settledGeneration === generation) continue;
    unsettled.add(sliceId);
    if (nodeId !== null) nodes.add(nodeId);
  }
  for (const { id, generation, desired, routerNodeId } of slices) {
    const changed = desired === 'absent' || seen.get(id) !== generation || unsettled.has(id);
    if (routerNodeId !== null && changed) nodes.add(routerNodeId);
  }
  return nodes;
}
