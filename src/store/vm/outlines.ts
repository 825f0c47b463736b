/**
 * The columns of VMs that are counted and summed: rows without specifications, NICs and volumes, so that reading a whole fleet is cheap.
 */
import type { Queries } from '../database/database.ts';
import { fullName } from '../slice/full-name.ts';
import { isNamed } from '../slice/rows.ts';
import type { VmOutline } from '../store.ts';

/** One query; sorted by owner, slice and name. */
export async function readOutlines(queries: Queries, { slice, owner }: { slice?: string; owner?: string }): Promise<VmOutline[]> {
  const all = queries
    .selectFrom('vms')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select(['vms.id', 'vms.slice_id as sliceId', fullName.as('slice'), 'vms.name', 'vms.desired', 'vms.state', 'vms.restarts'])
    .select(['vms.node_id as nodeId', 'vms.moving_to as movingTo', 'vms.stay_reason as stayReason', 'vms.memory_held as memoryHeld'])
    .select('vms.launch_failures as launchFailures')
    .select(['vms.cpus', 'vms.memory', 'vms.disk'])
    .orderBy('slices.owner')
    .orderBy('slices.name')
    .orderBy('vms.name');
  const ofOwner = owner === undefined ? all : all.where('slices.owner', '=', owner);
  const rows = await (slice === undefined ? ofOwner : ofOwner.where(isNamed(slice))).execute();
  return rows.map(({ cpus, memory, disk, ...vm }) => ({ ...vm, demand: { cpus, memory, disk } }));
}
