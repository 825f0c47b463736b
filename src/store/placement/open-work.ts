/** Unfinished work over all nodes: found by indexes of open rows, so that the cost follows the open work and not the size of the fleet. */
import { sql } from 'kysely';
import type { Queries } from '../database/database.ts';
import { awaitedVm, openVm, undecidedVm } from '../open-conditions.ts';
import { fullName } from '../slice/full-name.ts';
import type { OpenWork } from '../store.ts';

/** See PlacementStore.open. A constant number of queries. */
export async function readOpenWork(queries: Queries): Promise<OpenWork> {
  const nodes = await queries.selectFrom('nodes').select(['id', 'administration', 'status']).execute();
  const slices = await queries
    .selectFrom('slices')
    .select(['id', fullName.as('name'), 'generation', 'desired', 'router_node_id as routerNodeId'])
    .select((column) =>
      column.exists(column.selectFrom('networks').select('networks.id').whereRef('networks.slice_id', '=', 'slices.id')).as('routed'),
    )
    .orderBy('name')
    .execute();
  const vms = await queries
    .selectFrom('vms')
    .select(['id', 'slice_id as sliceId', 'node_id as nodeId', 'desired', 'generation', 'settled_generation as settledGeneration'])
    .where(sql.raw<boolean>(openVm))
    .execute();
  const awaited = await queries
    .selectFrom('vms')
    .select(['id', 'slice_id as sliceId'])
    .where(sql.raw<boolean>(awaitedVm))
    .where(({ exists, selectFrom }) => exists(selectFrom('nics').select('nics.id').whereRef('nics.vm_id', '=', 'vms.id')))
    .execute();
  const ready = new Set(
    nodes.filter(({ administration, status }) => administration === 'active' && status === 'ready').map(({ id }) => id),
  );
  const routers = slices.filter(({ routed, desired }) => routed && desired !== 'absent');
  return {
    nodes: nodes.map(({ id }) => id),
    slices: slices.map((slice) => ({ ...slice, routed: Boolean(slice.routed) })),
    vms: vms.map(({ settledGeneration, ...vm }) => ({ ...vm, observed: { settledGeneration } })),
    awaited,
    undecided:
      nodes.some(({ administration }) => administration === 'draining') ||
      routers.some(({ routerNodeId }) => routerNodeId === null || !ready.has(routerNodeId)) ||
      (await hasUndecidedVm(queries)),
  };
}

async function hasUndecidedVm(queries: Queries): Promise<boolean> {
  const vm = await queries
    .selectFrom('vms')
    .select('id')
    .where(sql.raw<boolean>(undecidedVm))
    .where('desired', '<>', 'absent')
    .limit(1)
    .executeTakeFirst();
  return vm !== undefined;
}
