/**
 * The SQL conditions of VMs with work left to do. The partial indexes are used only by queries that repeat these conditions word for
 * word.
 */
import { sql } from 'kysely';
import type { VmDesired } from '../model/vm/vm.ts';

/**
 * The last desired state is not reached yet, or the VM is to be removed. Worded so that PostgreSQL expects few such VMs: for two columns
 * PostgreSQL assumes that they differ in nearly all rows, and would read all of them instead of the index.
 */
export const openVm =
  "(case when desired = 'absent' or settled_generation is null or settled_generation <> generation then 1 else 0 end = 1)";

/** The VM runs, and has not taken its leases yet. */
export const awaitedVm = "(state = 'running' and addressed = 0)";

/** The VM waits for a node, moves to another, or stays on a draining node. */
export const undecidedVm = '(node_id is null or moving_to is not null or stay_reason is not null)';

/** The VM was given up together with its node. */
export const abandonedVm = '(abandoned = 1)';

/** Part of the statement text: with a parameter in its place, PostgreSQL's generic plans cannot estimate how few VMs have the value. */
export const absent = sql.lit<VmDesired>('absent');
