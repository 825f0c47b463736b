/** What is promised on nodes, summed from the VMs that are assigned there, and the refusal of VMs that outgrow it. */
import { capacityOf, demandOf, nothing, promisedByNode, type Resources, shareOf, shortages } from '../model/capacity.ts';
import { CroftError } from '../model/error.ts';
import type { VmSpec } from '../model/slice.ts';
import type { Queries } from './database.ts';
import { imagesOfVms, readImageBooks } from './demand.ts';
import { readNodes } from './nodes.ts';

/** What a VM's row says of its place and size. */
interface PlacedVm extends Resources {
  node_id: string | null;
  moving_to: string | null;
  memory_held: number | null;
}

/** Node identifier → what its VMs are promised together. */
export function usageByNode(vms: readonly PlacedVm[]): Map<string, Resources> {
  return promisedByNode(vms.map((vm) => ({ nodeId: vm.node_id, movingTo: vm.moving_to, demand: vm, memoryHeld: vm.memory_held })));
}

export function subtract(left: Resources, right: Resources): Resources {
  return { cpus: left.cpus - right.cpus, memory: left.memory - right.memory, disk: left.disk - right.disk };
}

/**
 * Rejects with `conflict.in-use` where a VM that has a node asks for more than is free there, or on the node that it is
 * moving to, when the whole change is done: its disk is there. Comes before the specifications are written.
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
  const imageOf = await imagesOfVms(queries, await readImageBooks(queries), changed);
  const vms = rows.map((before) => {
    const { node_id, moving_to, memory_held } = before;
    const spec = before.slice_id === sliceId ? wanted.get(before.name) : undefined;
    const demand = spec === undefined ? before : demandOf(spec, imageOf(before.id, spec));
    return { name: before.name, before, after: { ...demand, node_id, moving_to, memory_held } };
  });
  const used = usageByNode(vms.map(({ after }) => after));
  const nodes = new Map((await readNodes(queries)).map((node) => [node.id, node]));
  for (const { name, before, after } of vms) {
    if (!exceeds(after, before)) continue;
    for (const nodeId of [after.node_id, after.moving_to]) {
      const node = nodes.get(nodeId ?? '');
      const capacity = node === undefined ? null : capacityOf(node);
      if (node === undefined || capacity === null) continue;
      const own = nodeId === after.node_id ? shareOf({ demand: after, memoryHeld: after.memory_held }) : after;
      const others = subtract(used.get(node.id) ?? nothing, own);
      refuseShortage(name, node.config.name, shortages(after, capacity, others));
    }
  }
}

function exceeds(after: Resources, before: Resources): boolean {
  return after.cpus > before.cpus || after.memory > before.memory || after.disk > before.disk;
}

function refuseShortage(vm: string, node: string, words: readonly string[]): void {
  if (words.length === 0) return;
  throw new CroftError('conflict.in-use', `VM "${vm}" outgrows its node "${node}": ${words.join(', ')}`, {
    hint: 'Ask for less, free something on the node, or remove the VM and make it anew.',
  });
}
