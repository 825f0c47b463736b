/** What makes a VM one that something is still to be done for, in SQL. Its indexes are used only by queries that say it word for word. */

/** Its last wish is not settled yet, or it is to be gone. */
export const openVm = "(desired = 'absent' or settled_generation is null or settled_generation <> generation)";

/** It runs, and has not taken its leases yet. */
export const awaitedVm = "(state = 'running' and addressed = 0)";

/** It waits for a node, moves to another, or stays on one that drains. */
export const undecidedVm = '(node_id is null or moving_to is not null or stay_reason is not null)';

/** It was given up together with its node. */
export const abandonedVm = '(abandoned = 1)';
