/** Slices in the database. */

import type { NewIdentifier } from '../../model/identifier.ts';
import type { SliceChange } from '../../model/slice/change.ts';
import type { Network, Slice, SliceDesired } from '../../model/slice/slice.ts';
import type { Queries, Transactions } from '../database/database.ts';
import { readable } from '../database/json-columns.ts';
import { SqlStore } from '../database/sql-store.ts';
import type { LeftOut, SliceStore, StoreSettings } from '../store.ts';
import { desireVms, isAsDesired } from '../vm/desire.ts';
import { commitChange } from './commit.ts';
import { beingRemoved, findSlice, getSlice, networksOf, sliceOf } from './rows.ts';

export class SqlSliceStore extends SqlStore implements SliceStore {
  readonly #settings: StoreSettings;

  constructor(database: Transactions, settings: StoreSettings, newIdentifier: NewIdentifier, now: () => number) {
    super(database, newIdentifier, now);
    this.#settings = settings;
  }

  list({ owner }: { owner?: string } = {}, leftOut?: LeftOut): Promise<Slice[]> {
    return this.database.read(async (queries) => {
      const all = queries.selectFrom('slices').selectAll().orderBy('owner').orderBy('name');
      const rows = await (owner === undefined ? all : all.where('owner', '=', owner)).execute();
      return readable(rows, sliceOf, leftOut);
    });
  }

  get(name: string): Promise<Slice> {
    return this.database.read((queries) => getSlice(queries, name));
  }

  find(name: string): Promise<Slice | null> {
    return this.database.read((queries) => findSlice(queries, name));
  }

  networks(sliceId: string): Promise<Network[]> {
    return this.database.read((queries) => networksOf(queries, sliceId));
  }

  commit(change: SliceChange): Promise<Slice> {
    return this.database.write((queries) =>
      commitChange({ queries, settings: this.#settings, newIdentifier: this.newIdentifier, now: this.now() }, change),
    );
  }

  desire(name: string, desired: SliceDesired): Promise<Slice> {
    return this.database.write(async (queries) => {
      const slice = await getSlice(queries, name);
      if (slice.desired === 'absent' && desired !== 'absent') throw beingRemoved(`slice "${name}"`);
      const changed = await desireOfVms(queries, slice.id, desired);
      if (!changed && slice.desired === desired) return slice;
      const generation = slice.generation + 1;
      await queries.updateTable('slices').set({ desired, generation }).where('id', '=', slice.id).execute();
      return { ...slice, desired, generation };
    });
  }

  async sweep(sliceId: string): Promise<boolean> {
    const swept = await this.database.write(async (queries) => {
      const slice = await queries
        .selectFrom('slices')
        .select('id')
        .where('id', '=', sliceId)
        .where('desired', '=', 'absent')
        .where('router_node_id', 'is', null)
        .where(({ not, exists, selectFrom }) => not(exists(selectFrom('vms').select('vms.id').where('vms.slice_id', '=', sliceId))))
        .executeTakeFirst();
      if (slice === undefined) return false;
      await queries.deleteFrom('networks').where('slice_id', '=', sliceId).execute();
      await queries.deleteFrom('slices').where('id', '=', sliceId).execute();
      return true;
    });
    if (swept) await this.database.scrub();
    return swept;
  }
}

/** Sets the desired state of all VMs that are not absent; true when that changed a VM. */
async function desireOfVms(queries: Queries, sliceId: string, desired: SliceDesired): Promise<boolean> {
  const vms = await queries
    .selectFrom('vms')
    .select(['id', 'desired', 'state', 'state_reason as reason', 'generation', 'settled_generation as settledGeneration'])
    .where('slice_id', '=', sliceId)
    .where('desired', '<>', 'absent')
    .execute();
  const others = vms.filter((vm) => !isAsDesired(vm, desired)).map(({ id }) => id);
  await desireVms(queries, others, desired);
  return others.length > 0;
}
