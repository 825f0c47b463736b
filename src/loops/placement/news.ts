/** Events about assignments, for operators. Pure. */

import type { NewEvent } from '../../model/event.ts';
import type { Assignment, PlacementSnapshot, PlacementVm } from '../../model/placement/assignment.ts';

/**
 * One event per assignment, in their order; none for a refused assignment, which is decided again, nor for an assignment that was
 * reported already.
 */
export function placementNews(assignments: readonly Assignment[], snapshot: PlacementSnapshot, refused: ReadonlySet<string>): NewEvent[] {
  const nodes = new Map(snapshot.nodes.map(({ id, config }) => [id, config.name]));
  const vms = new Map(snapshot.vms.map((vm) => [vm.id, vm]));
  const slices = new Map(snapshot.slices.map(({ id, name }) => [id, name]));
  return assignments
    .filter((assignment) => !refused.has(assignment.id) && !isOldNews(assignment, vms.get(assignment.id)))
    .map((assignment) => {
      const node = assignment.nodeId === null ? null : (nodes.get(assignment.nodeId) ?? null);
      const vm = vms.get(assignment.id);
      const subject =
        assignment.kind === 'router' ? { slice: slices.get(assignment.id) ?? null } : { slice: vm?.slice ?? null, vm: vm?.name ?? null };
      const from = nodes.get(assignment.from ?? '') ?? null;
      return { ...newsOf(assignment, node, from), ...subject };
    });
}

/** A VM that still waits or stays for the same lack; only the free resources of nodes differ. Thousands of VMs may wait. */
function isOldNews({ kind, nodeId, reason }: Assignment, vm: PlacementVm | undefined): boolean {
  if (nodeId !== null || reason === null || vm === undefined) return false;
  const before = kind === 'move' ? vm.stayReason : vm.pendingReason;
  return before !== null && before.split(';')[0] === reason.split(';')[0];
}

function newsOf({ kind, reason }: Assignment, node: string | null, from: string | null): NewEvent {
  if (kind === 'move') {
    if (node !== null) return { kind: 'vm.moving', node: from, message: `leaves ${from} for ${node}`, data: { to: node } };
    const message = reason === null ? `stays on ${from}, which is in use again` : `stays on ${from}: ${reason}`;
    return { kind: 'vm.stays', node: from, message, data: { reason } };
  }
  if (node === null) return { kind: `${kind}.pending`, node, message: `pending: ${reason}`, data: { reason: reason ?? '' } };
  return { kind: `${kind}.placed`, node, message: `placed on ${node}` };
}
