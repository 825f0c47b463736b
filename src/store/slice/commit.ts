/** Turns a change of a slice into rows. Runs inside one write transaction, so that all decisions are made on present values. */

import { partsOfSliceName } from '../../model/access/slice-name.ts';
import { CroftError } from '../../model/error.ts';
import type { NewIdentifier } from '../../model/identifier.ts';
import { demandOf } from '../../model/placement/capacity.ts';
import type { SliceChange, VmChange } from '../../model/slice/change.ts';
import type { NetworkSpec, Slice, VmSpec } from '../../model/slice/slice.ts';
import { unobserved } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { forms } from '../database/json-columns.ts';
import { pickImage, readImages } from '../image/rows.ts';
import { refuseOutgrown } from '../node/usage.ts';
import type { StoreSettings } from '../store.ts';
import { imagesByName, readImageBooks, recount } from '../vm/demand.ts';
import { desireVms } from '../vm/desire.ts';
import { insertVms, observedColumns, portions } from '../vm/rows.ts';
import { lowestFree } from './allocation.ts';
import { reconcileNics } from './nics.ts';
import { beingRemoved, findSlice, writeSpec } from './rows.ts';
import { allocateSegments } from './segments.ts';
import { transitCount } from './transit.ts';
import { reconcileVolumes } from './volumes.ts';

interface CommitContext {
  queries: Queries;
  settings: StoreSettings;
  newIdentifier: NewIdentifier;
  /** ms since 1970. */
  now: number;
}

/** Commits the change, see SliceStore.commit. */
export async function commitChange(context: CommitContext, change: SliceChange): Promise<Slice> {
  const { queries } = context;
  const before = await findSlice(queries, change.slice);
  refuseStale(change, before);
  const slice = before === null ? await createSlice(context, change) : await writeSpec(queries, before, change.spec);
  await createNetworks(
    context,
    slice,
    change.networks.filter((network) => network.kind === 'create'),
  );
  await updateNetworks(
    queries,
    slice.id,
    change.networks.filter((network) => network.kind === 'update'),
  );
  await removeVms(queries, slice.id, change.vms);
  const updated = await updateVms(queries, slice.id, change.vms);
  await createVms(context, slice, change.vms);
  await reconcileNics(queries, slice.id, context.newIdentifier);
  await reconcileVolumes(queries, slice.id, context.newIdentifier);
  await recount(queries, updated);
  await removeNetworks(
    queries,
    slice.id,
    change.networks.filter((network) => network.kind === 'remove').map(({ name }) => name),
  );
  return slice;
}

function refuseStale(change: SliceChange, slice: Slice | null): void {
  if (slice?.desired === 'absent') throw beingRemoved(`slice "${change.slice}"`);
  const generation = slice?.generation ?? null;
  if (generation === change.against) return;
  const meanwhile =
    generation === null ? 'was removed' : change.against === null ? 'was made' : `went from generation ${change.against} to ${generation}`;
  throw new CroftError('conflict.changed', `slice "${change.slice}" ${meanwhile} since the change was planned`, {
    hint: 'Plan the change again.',
  });
}

async function createSlice({ queries, settings, newIdentifier, now }: CommitContext, change: SliceChange): Promise<Slice> {
  const taken = await queries.selectFrom('slices').select('transit').execute();
  const count = transitCount(settings.transit);
  const [transit] = lowestFree(new Set(taken.map((row) => row.transit)), 0, count - 1, 1);
  if (transit === undefined) {
    throw new CroftError('exhausted.transit', `all ${count} transit networks of ${settings.transit} are taken`, {
      hint: 'Remove a slice, or configure a larger transit range.',
    });
  }
  const slice: Slice = {
    id: newIdentifier(),
    name: change.slice,
    spec: change.spec,
    generation: 1,
    desired: 'running',
    transit,
    routerNodeId: null,
    routerReason: null,
    createdAt: now,
  };
  const { id, generation, desired } = slice;
  await queries
    .insertInto('slices')
    .values({
      id,
      ...partsOfSliceName(slice.name),
      spec: forms.slices.spec.write(change.spec),
      generation,
      desired,
      transit,
      created_at: now,
    })
    .execute();
  return slice;
}

async function createNetworks(
  { queries, settings, newIdentifier }: CommitContext,
  slice: Slice,
  changes: readonly { spec: NetworkSpec }[],
): Promise<void> {
  if (changes.length === 0) return;
  const underlay = settings.underlay ?? 'trunk';
  const segments = await allocateSegments(queries, settings.segments, { slice: slice.name, count: changes.length, underlay });
  const rows = segments.map((numbers, index) => {
    const { spec } = changes[index] as { spec: NetworkSpec };
    return { id: newIdentifier(), slice_id: slice.id, name: spec.name, spec: forms.networks.spec.write(spec), ...numbers };
  });
  for (const part of portions(rows)) await queries.insertInto('networks').values(part).execute();
}

async function updateNetworks(queries: Queries, sliceId: string, changes: readonly { spec: NetworkSpec }[]): Promise<void> {
  for (const { spec } of changes) {
    const { numUpdatedRows } = await queries
      .updateTable('networks')
      .set({ spec: forms.networks.spec.write(spec) })
      .where('slice_id', '=', sliceId)
      .where('name', '=', spec.name)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw notInSlice('network', spec.name);
  }
}

async function removeNetworks(queries: Queries, sliceId: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const used = await queries
    .selectFrom('nics')
    .innerJoin('networks', 'networks.id', 'nics.network_id')
    .innerJoin('vms', 'vms.id', 'nics.vm_id')
    .select(['networks.name as network', 'vms.name as vm'])
    .where('networks.slice_id', '=', sliceId)
    .where('networks.name', 'in', names)
    .orderBy('vms.name')
    .executeTakeFirst();
  if (used !== undefined) throw new CroftError('conflict.in-use', `network "${used.network}" is used by VM "${used.vm}"`);
  await queries.deleteFrom('networks').where('slice_id', '=', sliceId).where('name', 'in', names).execute();
}

/** VMs that are removed, and VMs that are recreated. */
async function removeVms(queries: Queries, sliceId: string, changes: readonly VmChange[]): Promise<void> {
  const names = changes.flatMap((change) =>
    change.kind === 'remove' ? [change.name] : change.kind === 'recreate' ? [change.spec.name] : [],
  );
  const present = await presentVms(queries, sliceId);
  const ids = names.map((name) => {
    const vm = present.get(name);
    if (vm === undefined) throw notInSlice('VM', name);
    return vm;
  });
  await desireVms(queries, ids, 'absent');
}

/** Resolves with the identifiers of kept VMs with another specification; their promised resources must be counted again. */
async function updateVms(queries: Queries, sliceId: string, changes: readonly VmChange[]): Promise<string[]> {
  const specs = changes.flatMap((change) => (change.kind === 'update' || change.kind === 'restart' ? [change.spec] : []));
  if (specs.length === 0) return [];
  await refuseOutgrown(queries, sliceId, specs);
  const present = await presentVms(queries, sliceId);
  const updated = specs.map((spec) => {
    const id = present.get(spec.name);
    if (id === undefined) throw notInSlice('VM', spec.name);
    return { id, spec: forms.vms.spec.write(spec) };
  });
  for (const { id, spec } of updated) {
    await queries
      .updateTable('vms')
      .set((column) => ({ spec, generation: column('generation', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }
  return updated.map(({ id }) => id);
}

/** New VMs, and the successors of recreated VMs. Their desired state is that of their slice. */
async function createVms({ queries, newIdentifier, now }: CommitContext, slice: Slice, changes: readonly VmChange[]): Promise<void> {
  const specs = changes.flatMap((change) => (change.kind === 'create' || change.kind === 'recreate' ? [change.spec] : []));
  if (specs.length === 0) return;
  const images = await readImages(queries);
  const books = await readImageBooks(queries);
  const row = (spec: VmSpec) => ({
    id: newIdentifier(),
    slice_id: slice.id,
    name: spec.name,
    spec: forms.vms.spec.write(spec),
    ...demandOf(spec, imagesByName(books, spec)),
    desired: slice.desired,
    generation: 1,
    boot: 0,
    image_id: pickImage(images, spec.image).id,
    abandoned: 0,
    ...observedColumns(unobserved),
    created_at: now,
  });
  await insertVms(queries, specs.map(row));
}

/** Name → identifier of the slice's VMs that are not absent. */
async function presentVms(queries: Queries, sliceId: string): Promise<Map<string, string>> {
  const rows = await queries
    .selectFrom('vms')
    .select(['id', 'name'])
    .where('slice_id', '=', sliceId)
    .where('desired', '<>', 'absent')
    .execute();
  return new Map(rows.map(({ id, name }) => [name, id]));
}

function notInSlice(what: string, name: string): CroftError {
  return new CroftError('conflict.changed', `the slice has no ${what} "${name}" any more`, { hint: 'Plan the change again.' });
}
