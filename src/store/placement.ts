/** Where VMs and routers are put: what the scheduler reads and writes, and what a node is to carry. */
import type { WantedOnNode } from '../model/node-plan.ts';
import type { Database } from './database.ts';
import { readNodes } from './nodes.ts';
import { commitAssignments } from './placement-commit.ts';
import { sliceOf } from './slice-rows.ts';
import type { Assignment, PlacementSnapshot, PlacementStore } from './store.ts';
import { readVms } from './vm-rows.ts';
import { wantedOnNode } from './wanted.ts';

export class SqlPlacementStore implements PlacementStore {
  readonly #database: Database;
  readonly #transit: string;

  /** `transit` is the range that transit networks are cut from. */
  constructor(database: Database, transit: string) {
    this.#database = database;
    this.#transit = transit;
  }

  snapshot(): Promise<PlacementSnapshot> {
    return this.#database.read(async (queries) => {
      const slices = await queries.selectFrom('slices').selectAll().where('desired', '<>', 'absent').orderBy('name').execute();
      const routed = await queries.selectFrom('networks').select('slice_id').distinct().execute();
      return {
        nodes: await readNodes(queries),
        vms: await readVms(queries, (where) => where('vms.desired', '<>', 'absent')),
        slices: slices.map(sliceOf),
        routed: new Set(routed.map((row) => row.slice_id)),
      };
    });
  }

  async commit(assignments: readonly Assignment[]): Promise<{ refused: string[] }> {
    if (assignments.length === 0) return { refused: [] };
    return await this.#database.write((queries) => commitAssignments(queries, assignments));
  }

  wanted(nodeId: string): Promise<WantedOnNode> {
    return this.#database.read((queries) => wantedOnNode(queries, nodeId, this.#transit));
  }
}
