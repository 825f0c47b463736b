/** Changes the NIC rows of a slice to what its VMs want. */

import { CroftError } from '../../model/error.ts';
import type { NewIdentifier } from '../../model/identifier.ts';
import type { VmSpec } from '../../model/slice/slice.ts';
import type { Queries } from '../database/database.ts';
import { insertNics, portions, wantedVms } from '../vm/rows.ts';
import { macCandidate, type PlannedNic, planNics } from './allocation.ts';
import { networksOf } from './rows.ts';

/** Runs after the rows of networks and VMs have their new values. */
export async function reconcileNics(queries: Queries, sliceId: string, newIdentifier: NewIdentifier): Promise<void> {
  const wanted = await wantedVms(queries, sliceId);
  const existing = await queries
    .selectFrom('nics')
    .innerJoin('vms', 'vms.id', 'nics.vm_id')
    .select(['nics.id', 'nics.vm_id as vmId', 'nics.network_id as networkId', 'nics.name', 'nics.mac', 'nics.address'])
    .where('vms.slice_id', '=', sliceId)
    .execute();
  const { remove, insert } = planNics(existing, inOrderOfName(wanted), await networksOf(queries, sliceId));
  for (const part of portions(remove)) await queries.deleteFrom('nics').where('id', 'in', part).execute();
  const nics = insert.map((nic) => ({ ...nic, id: nic.id ?? newIdentifier() }));
  await refuseTakenMacs(queries, nics);
  const macs = await chooseMacs(queries, nics);
  await insertNics(
    queries,
    nics.map(({ id, vmId, networkId, name, address, mac }) => {
      return { id, vm_id: vmId, network_id: networkId, name, mac: mac ?? macs.get(id) ?? '', address };
    }),
  );
}

/** So that addresses are assigned in the order that people expect: vm2 before vm10. */
function inOrderOfName<Wanted extends { spec: VmSpec }>(vms: readonly Wanted[]): Wanted[] {
  return vms.toSorted((a, b) => a.spec.name.localeCompare(b.spec.name, 'en', { numeric: true }));
}

type Nic = PlannedNic & { id: string };

/** A MAC that a user gives is unique among all slices. */
async function refuseTakenMacs(queries: Queries, nics: readonly Nic[]): Promise<void> {
  const given = nics.flatMap(({ mac }) => (mac === null ? [] : [mac]));
  const twice = given.find((mac, index) => given.indexOf(mac) !== index);
  const [taken] = twice === undefined ? await takenMacs(queries, given) : [twice];
  if (taken !== undefined)
    throw new CroftError('input.invalid', `the MAC ${taken} is taken by another NIC`, { hint: 'Leave it out; Croft chooses one.' });
}

/** NIC identifier → a MAC that no other NIC has, for those without one. */
async function chooseMacs(queries: Queries, nics: readonly Nic[]): Promise<Map<string, string>> {
  const chosen = new Map<string, string>();
  const given = new Set(nics.map(({ mac }) => mac));
  let open = nics.filter(({ mac }) => mac === null);
  for (let attempt = 0; open.length > 0; attempt += 1) {
    const candidates = open.map(({ id }) => macCandidate(id, attempt));
    const taken = new Set([...given, ...chosen.values(), ...(await takenMacs(queries, candidates))]);
    for (const [index, { id }] of open.entries()) {
      const mac = candidates[index] ?? '';
      if (taken.has(mac)) continue;
      chosen.set(id, mac);
      taken.add(mac);
    }
    open = open.filter(({ id }) => !chosen.has(id));
  }
  return chosen;
}

/** The given MACs that a NIC already has. */
async function takenMacs(queries: Queries, macs: readonly string[]): Promise<string[]> {
  const taken: string[] = [];
  for (const part of portions(macs)) {
    const rows = await queries.selectFrom('nics').select('mac').where('mac', 'in', part).execute();
    taken.push(...rows.map(({ mac }) => mac));
  }
  return taken;
}
