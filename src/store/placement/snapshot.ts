/** Reads the input of the scheduler, and no more columns of each VM than that. */
import type { NotNull } from 'kysely';
import { isImpaired } from '../../model/network/node-links.ts';
import type { Node } from '../../model/node/node.ts';
import type { PlacementSnapshot, PlacementVm } from '../../model/placement/assignment.ts';
import type { Slice } from '../../model/slice/slice.ts';
import type { Queries } from '../database/database.ts';
import { readable } from '../database/json-columns.ts';
import { imageOf } from '../image/rows.ts';
import { readNodes } from '../node/nodes.ts';
import { fullName } from '../slice/full-name.ts';
import { sliceOf } from '../slice/rows.ts';
import { vmSpecOf } from '../vm/rows.ts';

/** A constant number of queries. VMs are sorted by slice and name. */
export async function readSnapshot(queries: Queries): Promise<PlacementSnapshot> {
  const slices = await queries.selectFrom('slices').selectAll().where('desired', '<>', 'absent').orderBy('owner').orderBy('name').execute();
  const routed = await queries.selectFrom('networks').select('slice_id').distinct().execute();
  const images = await queries.selectFrom('images').selectAll().execute();
  const failures = await queries
    .selectFrom('image_pulls')
    .select(['name', 'reason'])
    .where('reason', 'is not', null)
    .$narrowType<{ reason: NotNull }>()
    .execute();
  const { placement_cursor: cursor } = await queries.selectFrom('controller').select('placement_cursor').executeTakeFirstOrThrow();
  const read = readable(slices, sliceOf);
  const nodes = await readNodes(queries);
  return {
    nodes,
    vms: await readPlacementVms(queries, { slices: read, nodes }),
    slices: read,
    routed: new Set(routed.map((row) => row.slice_id)),
    images: new Map(readable(images, imageOf).map((image) => [image.id, image])),
    fetchFailures: new Map(failures.map(({ name, reason }) => [name, reason])),
    cursor,
  };
}

/** VMs of what cannot be read stay where they are, as those do that cannot be read themselves. */
async function readPlacementVms(
  queries: Queries,
  { slices, nodes }: { slices: readonly Slice[]; nodes: readonly Node[] },
): Promise<PlacementVm[]> {
  const rows = await queries
    .selectFrom('vms')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select(['vms.id', 'vms.slice_id as sliceId', fullName.as('slice'), 'vms.name', 'vms.spec', 'vms.desired'])
    .select(['vms.image_id as imageId', 'vms.node_id as nodeId', 'vms.pending_reason as pendingReason'])
    .select(['vms.moving_to as movingTo', 'vms.stay_reason as stayReason', 'vms.created_at as createdAt', 'vms.memory_held as memoryHeld'])
    .select(['vms.cpus', 'vms.memory', 'vms.disk'])
    .where('vms.desired', '<>', 'absent')
    .orderBy('slices.owner')
    .orderBy('slices.name')
    .orderBy('vms.name')
    .execute();
  const volumes = await queries.selectFrom('volumes').select(['vm_id as vmId', 'image_id as imageId']).execute();
  const volumesByVm = Map.groupBy(volumes, ({ vmId }) => vmId);
  const networks = new Map(slices.map(({ id, spec }) => [id, spec.networks]));
  const places = new Set(nodes.map(({ id }) => id));
  const placed = rows.filter(({ sliceId, nodeId }) => networks.has(sliceId) && (nodeId === null || places.has(nodeId)));
  return readable(placed, ({ cpus, memory, disk, ...row }) => {
    const spec = vmSpecOf(row);
    return {
      ...row,
      spec,
      impaired: isImpaired(spec.nics, networks.get(row.sliceId) ?? []),
      demand: { cpus, memory, disk },
      volumes: volumesByVm.get(row.id) ?? [],
    };
  });
}
