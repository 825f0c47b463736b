/** What makes a VM one that something is still to be done for, in SQL. Its indexes are used only by queries that say it word for word. */
import { sql } from 'kysely';
import type { VmDesired } from '../model/vm/vm.ts';

/**
 * Its last wish is not settled yet, or it is to be gone. So put that PostgreSQL expects few such VMs: of two columns it takes it
 * that they differ in nearly all rows, and would read all of them in place of the index.
 */
export const openVm =
  "(case when desired = 'absent' or settled_generation is null or settled_generation <> generation then 1 else 0 end = 1)";

/** It runs, and has not taken its leases yet. */
export const awaitedVm = "(state = 'running' and addressed = 0)";

/** It waits for a node, moves to another, or stays on one that drains. */
export const undecidedVm = '(node_id is null or moving_to is not null or stay_reason is not null)';

/** It was given up together with its node. */
export const abandonedVm = '(abandoned = 1)';

/** A part of the statement: of a value that is given apart from it, PostgreSQL's plans for whatever values cannot tell how few VMs have it. */
export const absent = sql.lit<VmDesired>('absent');
