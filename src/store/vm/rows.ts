/** The rows of VMs and of their NICs: reading, writing and deleting them together. */
import { type Expression, type ExpressionBuilder, expressionBuilder, type Insertable, type Selectable, type SqlBool } from 'kysely';
import type { VmSpec } from '../../model/slice/slice.ts';
import type { Nic, Vm, VmObserved, Volume } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { forms, readable, rowInWords } from '../database/json-columns.ts';
import type { Tables } from '../database/tables.ts';
import { deleteUnnamedImages } from '../image/rows.ts';
import { fullName } from '../slice/full-name.ts';
import { changeRetryColumns, diskRetryColumns, launchRetryColumns, retriesOf } from './retries.ts';

/** With the full name of its slice. */
type VmRow = Selectable<Tables['vms']> & { slice: string };

/** Which VMs are meant. */
export type VmCondition = (where: ExpressionBuilder<Tables, 'vms' | 'slices'>) => Expression<SqlBool>;

/**
 * All VMs of which the condition holds, with their NICs and volumes, sorted by owner, slice, name and age; at most three queries. `left`
 * is called for rows that cannot be read.
 */
export async function readVms(queries: Queries, condition: VmCondition, left?: (row: VmRow) => void): Promise<Vm[]> {
  const holds = condition(expressionBuilder<Tables, 'vms' | 'slices'>());
  const rows = await queries
    .selectFrom('vms')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .selectAll('vms')
    .select(fullName.as('slice'))
    .where(holds)
    .orderBy('slices.owner')
    .orderBy('slices.name')
    .orderBy('vms.name')
    .orderBy('vms.created_at')
    .orderBy('vms.id')
    .execute();
  const nics = await queries
    .selectFrom('nics')
    .innerJoin('networks', 'networks.id', 'nics.network_id')
    .innerJoin('vms', 'vms.id', 'nics.vm_id')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select(['nics.id', 'nics.vm_id as vmId', 'nics.network_id as networkId', 'networks.name as network'])
    .select(['nics.name', 'nics.mac', 'nics.address'])
    .where(holds)
    .execute();
  const whole = readable(rows, (row) => ({ row, spec: vmSpecOf(row) }), left);
  const volumes = whole.every(({ spec }) => spec.volumes.length === 0) ? [] : await readVolumes(queries, holds);
  const nicsByVm = Map.groupBy(nics, ({ vmId }) => vmId);
  const volumesByVm = Map.groupBy(volumes, ({ vmId }) => vmId);
  return whole.map(({ row, spec }) => vmOf(row, spec, nicsByVm.get(row.id) ?? [], volumesByVm.get(row.id) ?? []));
}

export function vmSpecOf({ name, spec }: Pick<Selectable<Tables['vms']>, 'name' | 'spec'>): VmSpec {
  return forms.vms.spec.read(spec, rowInWords('vms', name));
}

/** The VMs of a slice that are not to be removed, as they are wanted. */
export async function wantedVms(queries: Queries, sliceId: string): Promise<{ id: string; spec: VmSpec }[]> {
  const rows = await queries
    .selectFrom('vms')
    .select(['id', 'name', 'spec'])
    .where('slice_id', '=', sliceId)
    .where('desired', '<>', 'absent')
    .execute();
  return rows.map(({ id, ...row }) => ({ id, spec: vmSpecOf(row) }));
}

function readVolumes(queries: Queries, holds: Expression<SqlBool>) {
  return queries
    .selectFrom('volumes')
    .innerJoin('vms', 'vms.id', 'volumes.vm_id')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select(['volumes.id', 'volumes.vm_id as vmId', 'volumes.name', 'volumes.image_id as imageId'])
    .where(holds)
    .execute();
}

function vmOf(row: VmRow, spec: VmSpec, nics: readonly Nic[], volumes: readonly Volume[]): Vm {
  return {
    id: row.id,
    sliceId: row.slice_id,
    slice: row.slice,
    name: row.name,
    spec,
    desired: row.desired,
    generation: row.generation,
    boot: row.boot,
    imageId: row.image_id,
    nodeId: row.node_id,
    pendingReason: row.pending_reason,
    movingTo: row.moving_to,
    stayReason: row.stay_reason,
    observed: observedOf(row),
    nics: inOrderOf(spec.nics, nics),
    volumes: inOrderOf(spec.volumes, volumes),
    createdAt: row.created_at,
  };
}

/** A guest numbers its interfaces and disks by the order of NICs and volumes. */
function inOrderOf<Row extends { name: string }>(specs: readonly { name: string }[], rows: readonly Row[]): Row[] {
  const position = new Map(specs.map(({ name }, index) => [name, index]));
  return rows.toSorted((a, b) => (position.get(a.name) ?? 0) - (position.get(b.name) ?? 0));
}

function observedOf(row: Selectable<Tables['vms']>): VmObserved {
  return {
    state: row.state,
    reason: row.state_reason,
    step: row.step,
    pid: row.pid,
    startedAt: row.started_at,
    restarts: row.restarts,
    restartAt: row.restart_at,
    ...retriesOf(row),
    launchHash: row.launch_hash,
    memoryHeld: row.memory_held,
    settledGeneration: row.settled_generation,
    addressed: row.addressed === 1,
  };
}

/** The columns of all observed values. */
export function observedColumns(observed: VmObserved) {
  return {
    state: observed.state,
    state_reason: observed.reason,
    step: observed.step,
    pid: observed.pid,
    started_at: observed.startedAt,
    restarts: observed.restarts,
    restart_at: observed.restartAt,
    ...launchRetryColumns(observed.launchRetry),
    ...changeRetryColumns(observed.changeRetry),
    ...diskRetryColumns(observed.diskRetry),
    launch_hash: observed.launchHash,
    memory_held: observed.memoryHeld,
    settled_generation: observed.settledGeneration,
    addressed: observed.addressed ? 1 : 0,
  };
}

/** Deletes the rows of VMs, and of images that only these VMs used. */
export async function deleteVms(queries: Queries, ids: readonly string[]): Promise<void> {
  for (const part of portions(ids)) {
    await queries.deleteFrom('nics').where('vm_id', 'in', part).execute();
    await queries.deleteFrom('volumes').where('vm_id', 'in', part).execute();
    await queries.deleteFrom('leftovers').where('vm_id', 'in', part).execute();
    await queries.deleteFrom('vms').where('id', 'in', part).execute();
  }
  if (ids.length > 0) await deleteUnnamedImages(queries);
}

export async function insertVms(queries: Queries, rows: readonly Insertable<Tables['vms']>[]): Promise<void> {
  for (const part of portions(rows)) await queries.insertInto('vms').values(part).execute();
}

export async function insertNics(queries: Queries, rows: readonly Insertable<Tables['nics']>[]): Promise<void> {
  for (const part of portions(rows)) await queries.insertInto('nics').values(part).execute();
}

/** In parts small enough for the bound on the parameters of one statement: 32766 in SQLite, 65535 in PostgreSQL. */
export function portions<Item>(items: readonly Item[]): Item[][] {
  const size = 1000;
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
