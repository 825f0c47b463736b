/**
 * Nodes other than its own where something of a VM may be that can go: what a move brings to its target before it ends, and
 * leaves behind at its source. What is not noted here is nobody's to remove: after an old backup was restored, the only copy
 * of a disk may be on a node that its row does not name.
 */
import type { Queries } from '../database/database.ts';
import { portions } from '../vm/rows.ts';

export interface Leftover {
  vmId: string;
  nodeId: string;
}

/** Noting one twice does no harm. */
export async function noteLeftovers(queries: Queries, leftovers: readonly Leftover[]): Promise<void> {
  const rows = leftovers.map(({ vmId, nodeId }) => ({ id: `${vmId} ${nodeId}`, vm_id: vmId, node_id: nodeId }));
  for (const part of portions(rows)) {
    await queries
      .insertInto('leftovers')
      .values(part)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

/** Nothing of these VMs is on the node any more, or they belong there. */
export async function clearLeftovers(queries: Queries, nodeId: string, vmIds: readonly string[]): Promise<void> {
  for (const part of portions(vmIds))
    await queries.deleteFrom('leftovers').where('node_id', '=', nodeId).where('vm_id', 'in', part).execute();
}
