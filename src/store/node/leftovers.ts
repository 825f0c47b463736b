/**
 * Nodes other than its own that may hold removable files of a VM: files that a move delivers to its target before the move ends, and
 * leaves behind at its source. Files that are not noted here must not be removed: after the restore of an old backup, the only copy of a
 * disk may be on a node that its row does not name.
 */
import type { Queries } from '../database/database.ts';
import { portions } from '../vm/rows.ts';

export interface Leftover {
  vmId: string;
  nodeId: string;
}

/** Noting a leftover twice does no harm. */
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

/** No files of these VMs are on the node any more, or the VMs belong there. */
export async function clearLeftovers(queries: Queries, nodeId: string, vmIds: readonly string[]): Promise<void> {
  for (const part of portions(vmIds))
    await queries.deleteFrom('leftovers').where('node_id', '=', nodeId).where('vm_id', 'in', part).execute();
}
