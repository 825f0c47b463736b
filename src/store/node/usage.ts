/** Resources promised on nodes, summed from the VMs that are assigned there, and the refusal of VMs that outgrow their node. */

import { CroftError } from '../../model/error.ts';
import { demandOf, promisedByNode, type Resources } from '../../model/placement/capacity.ts';
import { type GrowingVm, outgrowths, unknownDemands } from '../../model/placement/outgrowth.ts';
import type { VmSpec } from '../../model/slice/slice.ts';
import type { Queries } from '../database/database.ts';
import { imagesOfVms, readImageBooks } from '../vm/demand.ts';
import { readNodes } from './nodes.ts';

/** The columns of a VM's row about its place and size. */
interface PlacedVm extends Resources {
  node_id: string | null;
  moving_to: string | null;
  memory_held: number | null;
}

/** Node identifier → the sum of the promises to its VMs. */
export function usageByNode(vms: readonly PlacedVm[]): Map<string, Resources> {
  return promisedByNode(vms.map((vm) => ({ nodeId: vm.node_id, movingTo: vm.moving_to, demand: vm, memoryHeld: vm.memory_held })));
}

/**
 * Rejects with `conflict.in-use` where a VM with a node would need more than is free there, or on the target node of its move, after the
 * whole change: its disk is on that node. Called before the specifications are written.
 */
export async function refuseOutgrown(queries: Queries, sliceId: string, specs: readonly VmSpec[]): Promise<void> {
  const wanted = new Map(specs.map((spec) => [spec.name, spec]));
  const rows = await queries
    .selectFrom('vms')
    .select(['id', 'slice_id', 'name', 'node_id', 'moving_to', 'cpus', 'memory', 'disk', 'memory_held'])
    .where('desired', '<>', 'absent')
    .where('node_id', 'is not', null)
    .orderBy('name')
    .execute();
  const changed = rows.flatMap(({ id, slice_id, name }) => (slice_id === sliceId && wanted.has(name) ? [id] : []));
  const books = await readImageBooks(queries);
  const imageOf = await imagesOfVms(queries, books, changed);
  const nodes = new Map((await readNodes(queries)).map((node) => [node.id, node]));
  const growing = rows.map((row): GrowingVm => {
    const { id, name, cpus, memory, disk } = row;
    const before = { cpus, memory, disk };
    const spec = row.slice_id === sliceId ? wanted.get(name) : undefined;
    const demand = spec === undefined ? before : demandOf(spec, imageOf(id, spec));
    return { name, before, demand, nodeId: row.node_id, movingTo: row.moving_to, memoryHeld: row.memory_held };
  });
  const unknown = rows.flatMap(({ id, slice_id, name, node_id }) => {
    const spec = slice_id === sliceId ? wanted.get(name) : undefined;
    if (spec === undefined) return [];
    const made = imageOf(id, spec);
    const fetched = new Set(spec.volumes.flatMap((volume) => (made(volume.name) === null ? [] : (volume.image ?? []))));
    return unknownDemands(spec, nodes.get(node_id ?? '')?.config.name ?? '', (image) => fetched.has(image));
  });
  if (unknown[0] !== undefined) {
    throw new CroftError('conflict.in-use', unknown[0], {
      hint: 'It is being fetched: apply this again when `croft image ls` says that it is ready.',
    });
  }
  const [first] = outgrowths(growing, nodes);
  if (first === undefined) return;
  throw new CroftError('conflict.in-use', first, {
    hint: 'Ask for less, free something on the node, or remove the VM and create it again.',
  });
}
