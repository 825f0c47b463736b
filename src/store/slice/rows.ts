/** The rows of slices and networks. */
import { type Expression, expressionBuilder, type Selectable, type SqlBool } from 'kysely';
import { fullSliceName, partsOfSliceName } from '../../model/access/slice-name.ts';
import { CroftError } from '../../model/error.ts';
import { missing } from '../../model/missing.ts';
import type { Network, Slice, SliceSpec } from '../../model/slice/slice.ts';
import type { Queries } from '../database/database.ts';
import { forms, rowInWords } from '../database/json-columns.ts';
import type { Tables } from '../database/tables.ts';

export function sliceOf(row: Selectable<Tables['slices']>): Slice {
  return {
    id: row.id,
    name: fullSliceName(row.owner, row.name),
    spec: forms.slices.spec.read(row.spec, rowInWords('slices', row.name)),
    generation: row.generation,
    desired: row.desired,
    transit: row.transit,
    routerNodeId: row.router_node_id,
    routerReason: row.router_reason,
    createdAt: row.created_at,
  };
}

export function networkOf(row: Selectable<Tables['networks']>): Network {
  const spec = forms.networks.spec.read(row.spec, rowInWords('networks', row.name));
  return { id: row.id, sliceId: row.slice_id, name: row.name, spec, segment: row.segment, vlan: row.vlan };
}

export async function findSlice(queries: Queries, name: string): Promise<Slice | null> {
  const row = await queries.selectFrom('slices').selectAll().where(isNamed(name)).executeTakeFirst();
  return row === undefined ? null : sliceOf(row);
}

/** The slice that has the full name. */
export function isNamed(fullName: string): Expression<SqlBool> {
  const where = expressionBuilder<Tables, 'slices'>();
  const { owner, name } = partsOfSliceName(fullName);
  return where.and([where('slices.owner', '=', owner), where('slices.name', '=', name)]);
}

/** Rejects with `not-found` and near names of the same owner. */
export async function getSlice(queries: Queries, name: string): Promise<Slice> {
  const slice = await findSlice(queries, name);
  if (slice !== null) return slice;
  const { owner } = partsOfSliceName(name);
  const rows = await queries.selectFrom('slices').select('name').where('owner', '=', owner).execute();
  throw missing(
    'slice',
    name,
    rows.map((row) => fullSliceName(owner, row.name)),
  );
}

/** Sorted by name. */
export async function networksOf(queries: Queries, sliceId: string): Promise<Network[]> {
  const rows = await queries.selectFrom('networks').selectAll().where('slice_id', '=', sliceId).orderBy('name').execute();
  return rows.map(networkOf);
}

/** Writes another specification, which begins another generation. */
export async function writeSpec(queries: Queries, slice: Slice, spec: SliceSpec): Promise<Slice> {
  const generation = slice.generation + 1;
  await queries
    .updateTable('slices')
    .set({ spec: forms.slices.spec.write(spec), generation })
    .where('id', '=', slice.id)
    .execute();
  return { ...slice, spec, generation };
}

export function beingRemoved(what: string): CroftError {
  return new CroftError('conflict.in-use', `${what} is still being removed`, { hint: 'Wait until it is gone, then try again.' });
}
