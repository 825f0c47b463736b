/**
 * VMs that concern a node without being assigned to it, in one query: every pass over every node runs it, and the result is usually
 * empty.
 */
import { sql } from 'kysely';
import type { WantedOnNode } from '../../model/node/plan.ts';
import type { Queries } from '../database/database.ts';
import { nowhere } from '../database/json-columns.ts';
import { abandonedVm, absent } from '../open-conditions.ts';

type Marks = Pick<WantedOnNode, 'arriving' | 'leftovers' | 'abandoned'>;

interface NodeMarks extends Marks {
  /** Whether any image is kept in advance, on whichever node. */
  prepulls: boolean;
}

const kind = (name: keyof NodeMarks) => sql.lit(name).as('kind');

/** Identifiers of VMs, sorted; see WantedOnNode. A VM that is being removed does not arrive any more. */
export async function readMarks(queries: Queries, nodeId: string): Promise<NodeMarks> {
  const arriving = queries
    .selectFrom('vms')
    .select([kind('arriving'), 'id'])
    .where('moving_to', '=', nodeId)
    .where('desired', '<>', absent);
  const leftovers = queries
    .selectFrom('leftovers')
    .select([kind('leftovers'), 'vm_id as id'])
    .where('node_id', '=', nodeId);
  const abandoned = queries
    .selectFrom('vms')
    .select([kind('abandoned'), 'id'])
    .where(sql.raw<boolean>(abandonedVm))
    // Worded so that only the index of abandoned VMs serves the query.
    .where(sql<boolean>`coalesce(node_id, ${nodeId}) <> ${nodeId}`);
  const prepulls = queries
    .selectFrom('images')
    .select([kind('prepulls'), 'id'])
    .where('current', '=', 1)
    .where('prepull', '<>', nowhere);
  const rows = await arriving.unionAll(leftovers).unionAll(abandoned).unionAll(prepulls).execute();
  const those = (name: keyof NodeMarks) => rows.filter((row) => row.kind === name).map(({ id }) => id);
  return {
    arriving: those('arriving').sort(),
    leftovers: those('leftovers').sort(),
    abandoned: those('abandoned').sort(),
    prepulls: those('prepulls').length > 0,
  };
}
