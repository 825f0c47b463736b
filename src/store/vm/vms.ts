/** VMs in the database. */

import { CroftError } from '../../model/error.ts';
import { missing } from '../../model/missing.ts';
import { withoutPeer } from '../../model/slice/placement.ts';
import type { Slice, SliceSpec } from '../../model/slice/slice.ts';
import type { Vm, VmDesired } from '../../model/vm/vm.ts';
import type { Queries, Transactions } from '../database/database.ts';
import { GroupCommit } from '../database/group-commit.ts';
import { forms } from '../database/json-columns.ts';
import { beingRemoved, getSlice, isNamed, writeSpec } from '../slice/rows.ts';
import type { VmFilter, VmObservation, VmOutline, VmPage, VmPosition, VmStore } from '../store.ts';
import { desireVms, isAsDesired } from './desire.ts';
import { writeObservations } from './observed.ts';
import { readOutlines } from './outlines.ts';
import { pageOfVms } from './page.ts';
import { deleteVms, readVms, type VmCondition, vmSpecOf } from './rows.ts';

export class SqlVmStore implements VmStore {
  readonly #database: Transactions;
  readonly #observations: GroupCommit<VmObservation>;

  constructor(database: Transactions) {
    this.#database = database;
    this.#observations = new GroupCommit((changes) => database.write((queries) => writeObservations(queries, changes)));
  }

  async list(filter: VmFilter = {}): Promise<Vm[]> {
    return (await this.page(filter)).vms;
  }

  page({ slice, owner, nodeId, after, limit }: VmFilter): Promise<VmPage> {
    return this.#database.read(async (queries) => {
      const matches: VmCondition = (where) =>
        where.and([
          ...(slice === undefined ? [] : [isNamed(slice)]),
          ...(owner === undefined ? [] : [where('slices.owner', '=', owner)]),
          ...(nodeId === undefined ? [] : [where('vms.node_id', '=', nodeId)]),
        ]);
      const left: VmPosition[] = [];
      const read = (condition: VmCondition): Promise<Vm[]> =>
        readVms(queries, condition, ({ slice, name, created_at: createdAt, id }) => left.push({ slice, name, createdAt, id }));
      if (limit === undefined && after === undefined) return { vms: await read(matches), unreadable: left.length, next: null };
      const ids = await pageOfVms(queries, { matches, after, limit });
      const vms = ids.length === 0 ? [] : await read((where) => where('vms.id', 'in', ids));
      const last = [...vms, ...left].find(({ id }) => id === ids.at(-1));
      return { vms, unreadable: left.length, next: ids.length === limit ? (last ?? null) : null };
    });
  }

  outlines(filter: { slice?: string; owner?: string } = {}): Promise<VmOutline[]> {
    return this.#database.ask((queries) => readOutlines(queries, filter));
  }

  get(slice: string, name: string): Promise<Vm> {
    return this.#database.read((queries) => getVm(queries, slice, name));
  }

  desire(slice: string, name: string, desired: VmDesired): Promise<Vm> {
    return this.#database.write(async (queries) => {
      const vm = await getVm(queries, slice, name);
      if (isAsDesired({ ...vm.observed, desired: vm.desired, generation: vm.generation }, desired)) return vm;
      if (vm.desired === 'absent') throw beingRemoved(`VM "${slice}/${name}"`);
      if (desired === 'absent') await takeOutOfSpec(queries, vm);
      await desireVms(queries, [vm.id], desired);
      return await getVm(queries, slice, name);
    });
  }

  reboot(slice: string, name: string): Promise<Vm> {
    return this.#database.write(async (queries) => {
      const vm = await getVm(queries, slice, name);
      if (vm.desired === 'absent') throw beingRemoved(`VM "${slice}/${name}"`);
      await desireVms(queries, [vm.id], 'running', true);
      return await getVm(queries, slice, name);
    });
  }

  async observe(changes: readonly VmObservation[]): Promise<void> {
    if (changes.length > 0) await this.#observations.add(changes);
  }

  async forget(id: string): Promise<void> {
    const isLast = await this.#database.write(async (queries) => {
      const vm = await queries.selectFrom('vms').select('name').where('id', '=', id).where('desired', '<>', 'absent').executeTakeFirst();
      if (vm !== undefined) throw new CroftError('conflict.in-use', `VM "${vm.name}" is not absent, so its row stays`);
      await deleteVms(queries, [id]);
      return (await queries.selectFrom('vms').select('id').where('desired', '=', 'absent').limit(1).executeTakeFirst()) === undefined;
    });
    // Once for all VMs that are deleted together.
    if (isLast) await this.#database.scrub();
  }
}

/** The VM of that name; the newest where the VM was recreated or is being removed. Rejects with `not-found` and near names. */
async function getVm(queries: Queries, slice: string, name: string): Promise<Vm> {
  const { id } = await getSlice(queries, slice);
  const refuse = (row: { name: string; spec: string }): void => {
    if (row.name === name) vmSpecOf(row);
  };
  const vms = await readVms(queries, (where) => where('vms.slice_id', '=', id), refuse);
  const named = vms.filter((vm) => vm.name === name);
  const vm = named.find(({ desired }) => desired !== 'absent') ?? named.at(-1);
  if (vm !== undefined) return vm;
  throw missing(
    'VM',
    name,
    vms.map((candidate) => candidate.name),
    `in slice "${slice}"`,
  );
}

/** So that the next plan does not recreate the VM, and no VM has affinity or anti-affinity to it any more. */
async function takeOutOfSpec(queries: Queries, vm: Vm): Promise<void> {
  const slice = await getSlice(queries, vm.slice);
  const others = slice.spec.vms.filter(({ name }) => name !== vm.name);
  const spec: SliceSpec = { ...slice.spec, vms: others.map((other) => withoutPeer(other, vm.name)) };
  refuseHalfLink(slice, spec, vm.name);
  await writeSpec(queries, slice, spec);
  for (const [index, changed] of spec.vms.entries()) {
    if (changed === others[index]) continue;
    await queries
      .updateTable('vms')
      .set({ spec: forms.vms.spec.write(changed) })
      .where('slice_id', '=', slice.id)
      .where('name', '=', changed.name)
      .where('desired', '<>', 'absent')
      .execute();
  }
}

function refuseHalfLink(slice: Slice, after: SliceSpec, vm: string): void {
  const links = slice.spec.networks.filter(({ link }) => link).map(({ name }) => name);
  const nics = after.vms.flatMap((spec) => spec.nics);
  const half = links.find((link) => nics.filter(({ network }) => network === link).length === 1);
  if (half === undefined) return;
  throw new CroftError('conflict.in-use', `VM "${slice.name}/${vm}" is one end of link "${half}"`, {
    hint: 'Remove the link in the same change: edit the slice file and apply it.',
  });
}
