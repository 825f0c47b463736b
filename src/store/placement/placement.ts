/** The places of VMs and routers: the scheduler's reads and writes, and the desired state of a node. */

import type { WantedOnNode } from '../../model/node/plan.ts';
import type { Assignment, PlacementSnapshot } from '../../model/placement/assignment.ts';
import { unobserved } from '../../model/vm/vm.ts';
import type { Database } from '../database/database.ts';
import { clearLeftovers, noteLeftovers } from '../node/leftovers.ts';
import { readNodeRecords } from '../node/wanted.ts';
import type { NodeRecords, OpenWork, PlacementStore } from '../store.ts';
import { observedColumns } from '../vm/rows.ts';
import { commitAssignments } from './commit.ts';
import { readOpenWork } from './open-work.ts';
import { readSnapshot } from './snapshot.ts';

export class SqlPlacementStore implements PlacementStore {
  readonly #database: Database;
  readonly #transit: string;

  /** `transit` is the range that transit networks are cut from. */
  constructor(database: Database, transit: string) {
    this.#database = database;
    this.#transit = transit;
  }

  snapshot(): Promise<PlacementSnapshot> {
    return this.#database.read(readSnapshot);
  }

  open(): Promise<OpenWork> {
    return this.#database.read(readOpenWork);
  }

  async commit(assignments: readonly Assignment[], cursor?: string | null): Promise<{ refused: string[] }> {
    if (assignments.length === 0) return { refused: [] };
    return await this.#database.write(async (queries) => {
      const outcome = await commitAssignments(queries, assignments);
      if (cursor !== undefined) await queries.updateTable('controller').set({ placement_cursor: cursor }).execute();
      return outcome;
    });
  }

  /** Observations from the old node hold no longer; the count of restarts does. */
  completeMove(vmId: string, from: string, to: string): Promise<boolean> {
    return this.#database.write(async (queries) => {
      const { restarts: _, ...unseen } = observedColumns({ ...unobserved, state: 'stopped' });
      const { numUpdatedRows } = await queries
        .updateTable('vms')
        .set({ node_id: to, moving_to: null, stay_reason: null, ...unseen })
        .where('id', '=', vmId)
        .where('node_id', '=', from)
        .where('moving_to', '=', to)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await clearLeftovers(queries, to, [vmId]);
      await noteLeftovers(queries, [{ vmId, nodeId: from }]);
      return true;
    });
  }

  async clearLeftovers(nodeId: string, vmIds: readonly string[]): Promise<void> {
    if (vmIds.length > 0) await this.#database.write((queries) => clearLeftovers(queries, nodeId, vmIds));
  }

  async wanted(nodeId: string): Promise<WantedOnNode> {
    return (await this.onNode(nodeId, [])).wanted;
  }

  onNode(nodeId: string, seen: readonly string[]): Promise<NodeRecords> {
    return this.#database.read((queries) => readNodeRecords(queries, { nodeId, seen, transit: this.#transit }));
  }
}
