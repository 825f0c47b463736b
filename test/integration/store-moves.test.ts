/** Moves, groups and rules among VMs: what the commit of placement accepts, and how a move ends. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Assignment, MoveAssignment, VmAssignment } from '../../src/model/placement/assignment.ts';
import { type Affinity, anywhere, type VmPlacement } from '../../src/model/placement/placement.ts';
import type { VmSpec } from '../../src/model/slice/slice.ts';
import { unobserved, type Vm } from '../../src/model/vm/vm.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import type { Store } from '../../src/store/store.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, putImage, vmSpec } from './samples.ts';

onBothDatabases(({ open, dialect, freshLocation }) => {
  test('CR1 a move takes a share of both nodes until it is complete, and only then of one', async (t) => {
    const store = await open(t);
    const [a, b] = await twoNodes(store);
    const vm = await placed(store, vmSpec('vm', [], { cpus: 3 }), a);
    await placed(store, vmSpec('other', [], { cpus: 2 }), b, 'green');
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, b)]), { refused: [vm.id] }, 'its node does not drain');
    await store.nodes.administer(a, 'draining');
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, b)]), { refused: [vm.id] }, 'there is no room');
    await store.vms.desire('green', 'other', 'absent');
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, b)]), { refused: [] });
    assert.equal((await store.vms.get('blue', 'vm')).movingTo, b);
    assert.deepEqual((await store.placement.onNode(b, [])).wanted.arriving, [vm.id]);
    const { id } = await waiting(store, vmSpec('late', [], { cpus: 2 }), 'red');
    assert.deepEqual(await store.placement.commit([toNode(id, b)]), { refused: [id] }, 'the share on the target is taken at once');

    await store.vms.observe([{ id: vm.id, observed: { state: 'running', pid: 7, restarts: 2, settledGeneration: 1, launchHash: 'x' } }]);
    assert.equal(await store.placement.completeMove(vm.id, b, a), false);
    assert.equal(await store.placement.completeMove(vm.id, a, b), true);
    assert.equal(await store.placement.completeMove(vm.id, a, b), false, 'it was complete already');
    const moved = await store.vms.get('blue', 'vm');
    assert.deepEqual([moved.nodeId, moved.movingTo, moved.stayReason], [b, null, null]);
    assert.deepEqual(moved.observed, { ...unobserved, state: 'stopped', restarts: 2 });
    await store.nodes.administer(a, 'active');
    assert.deepEqual(await store.placement.commit([toNode(id, a)]), { refused: [] }, 'the share on the old node is free');
  });

  test('CR1 a move that was decided against another state is refused, and one that ends gives its share back', async (t) => {
    const store = await open(t);
    const [a, b] = await twoNodes(store);
    const { id: c } = await addReadyNode(store, 'c');
    const vm = await placed(store, vmSpec('vm', []), a);
    await store.nodes.administer(a, 'draining');
    await store.placement.commit([toMove(vm.id, a, b)]);
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, c)]), { refused: [vm.id] }, 'it moves to b by now');
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, c, b)]), { refused: [] });
    assert.deepEqual(await store.placement.commit([{ ...toMove(vm.id, a, null, c), reason: 'no other node fits' }]), { refused: [] });
    const { movingTo, stayReason } = await store.vms.get('blue', 'vm');
    assert.deepEqual([movingTo, stayReason], [null, 'no other node fits']);
    assert.equal(await store.placement.completeMove(vm.id, a, c), false);
    assert.deepEqual((await store.placement.onNode(c, [])).wanted.arriving, []);
    await store.placement.commit([toMove(vm.id, a, b)]);
    assert.deepEqual((await store.placement.onNode(b, [])).wanted.arriving, [vm.id]);
    await store.vms.desire('blue', 'vm', 'absent');
    assert.deepEqual((await store.placement.onNode(b, [])).wanted.arriving, [], 'what is being removed does not come any more');
  });

  test('SC11 a move to a node with another hypervisor is refused, also where the image asks for none', async (t) => {
    const store = await open(t);
    const [a, b] = await twoNodes(store);
    const { id: libvirt } = await addReadyNode(store, 'libvirt', { hypervisor: 'libvirt' });
    const vm = await placed(store, vmSpec('vm', []), a);
    await placed(store, vmSpec('vm', []), libvirt, 'green');
    await store.nodes.administer(a, 'draining');
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, libvirt)]), { refused: [vm.id] });
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, b)]), { refused: [] });
  });

  test('CR15 only where moves have put something of a VM may it be removed; a backup from before a move gives no leave to', async (t) => {
    const store = await open(t);
    const [a, b] = await twoNodes(store);
    const vm = await placed(store, vmSpec('vm', []), a);
    const leftovers = async () => [(await store.placement.wanted(a)).leftovers, (await store.placement.wanted(b)).leftovers];
    await store.nodes.administer(a, 'draining');
    const before: string[] = [];
    for await (const line of store.backups.dump()) before.push(line);
    assert.deepEqual(await leftovers(), [[], []]);
    await store.placement.commit([toMove(vm.id, a, b)]);
    assert.deepEqual(await leftovers(), [[], [vm.id]], 'what arrives and is not wanted any more can go');
    await store.placement.completeMove(vm.id, a, b);
    assert.deepEqual(await leftovers(), [[vm.id], []], 'what is left where it was can go');
    await store.backups.restore(Readable.from(before));
    assert.deepEqual(await leftovers(), [[], []], 'the only copy of the disk is where the row does not say');
    await store.placement.commit([toMove(vm.id, a, b)]);
    await store.placement.clearLeftovers(b, [vm.id]);
    assert.deepEqual(await leftovers(), [[], []]);
  });

  test('CR1 a VM that was given up with its node may be removed there should the machine come back, once it has another', async (t) => {
    const store = await open(t);
    const [a, b] = await twoNodes(store);
    const vm = await placed(store, vmSpec('vm', []), a);
    await store.nodes.remove(a, true);
    const { id: again } = await addReadyNode(store, 'a');
    assert.deepEqual((await store.placement.wanted(again)).abandoned, []);
    await store.placement.commit([toNode(vm.id, b)]);
    assert.deepEqual((await store.placement.wanted(again)).abandoned, [vm.id]);
    assert.deepEqual((await store.placement.wanted(b)).abandoned, []);
  });

  test('CR1 what runs and would not be started again does not leave, nor does anything leave a node that does not answer', async (t) => {
    const store = await open(t);
    const [a, b] = await twoNodes(store);
    const vm = await placed(store, vmSpec('vm', [], { restart: 'never' }), a);
    await store.nodes.administer(a, 'draining');
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, b)]), { refused: [vm.id] });
    await store.vms.desire('blue', 'vm', 'stopped');
    const node = await store.nodes.get('a');
    await store.nodes.observe(a, { ...node.observed, status: 'unreachable' });
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, b)]), { refused: [vm.id] });
    await store.nodes.observe(a, node.observed);
    assert.deepEqual(await store.placement.commit([toMove(vm.id, a, b)]), { refused: [] });
  });

  test('CR1 a VM that moves may not outgrow the node that it moves to', async (t) => {
    const store = await open(t);
    const [a] = await twoNodes(store);
    const { id: small } = await addReadyNode(store, 'small', { cpus: 2, overcommit: { cpus: 1, memory: 1, disk: 1 } });
    const vm = await placed(store, vmSpec('vm', []), a);
    await store.nodes.administer(a, 'draining');
    await store.placement.commit([toMove(vm.id, a, small)]);
    const grown = { ...lanSlice('blue', 0), networks: [], vms: [vmSpec('vm', [], { cpus: 3 })] };
    await assert.rejects(apply(store, grown), {
      code: 'conflict.in-use',
      message: 'VM "vm" outgrows its node "small": needs 3 CPUs, 2 are free',
    });
  });

  test('CR4 a group is accepted or refused as a whole, and refused leaves no trace', async (t) => {
    const store = await open(t);
    const [a, b] = await twoNodes(store);
    const [one, two] = await Promise.all([
      waiting(store, vmSpec('vm', [], { cpus: 3 }), 'blue'),
      waiting(store, vmSpec('vm', [], { cpus: 3 }), 'red'),
    ]);
    const both = (second: string): Assignment[] => [toNode(one.id, a, 'g'), toNode(two.id, second, 'g')];
    assert.deepEqual(await store.placement.commit(both(a)), { refused: [one.id, two.id] });
    assert.deepEqual(
      (await store.vms.list()).map(({ nodeId }) => nodeId),
      [null, null],
    );
    assert.deepEqual(
      await store.placement.commit([...both(a), toNode(one.id, a)]),
      { refused: [one.id, two.id] },
      'what a group gave back is free again',
    );
    assert.equal((await store.vms.get('blue', 'vm')).nodeId, a);
    assert.deepEqual(await store.placement.commit([toNode(two.id, b)]), { refused: [] });
  });

  test('CR4 rules are judged again by what the commit reads', async (t) => {
    const store = await open(t);
    await putImage(store);
    const fast = await addReadyNode(store, 'fast', { pool: 'fast', labels: { disk: 'ssd' } });
    const slow = await addReadyNode(store, 'slow');
    const asks = (placement: Partial<VmPlacement>) => ({ placement: { ...anywhere, ...placement } });
    const required = (...names: string[]): Affinity => ({ required: names, preferred: [] });
    const vms = [
      vmSpec('pooled', [], asks({ pools: ['fast'] })),
      vmSpec('labelled', [], asks({ labels: { disk: 'ssd' } })),
      vmSpec('named', [], asks({ node: 'fast' })),
      vmSpec('cached', [], asks({ imagePresent: true })),
      vmSpec('web', [], asks({ antiAffinity: required('web-2') })),
      vmSpec('web-2', []),
      vmSpec('near', [], asks({ affinity: required('web') })),
    ];
    await apply(store, { ...lanSlice('blue', 0), networks: [], vms });
    const ids = new Map((await store.vms.list()).map(({ name, id }) => [name, id]));
    const id = (name: string): string => ids.get(name) ?? '';
    for (const name of ['pooled', 'labelled', 'named', 'cached']) {
      assert.deepEqual(await store.placement.commit([toNode(id(name), slow.id)]), { refused: [id(name)] }, name);
    }
    await store.nodes.configure('fast', (config) => ({ ...config, pool: 'other' }));
    assert.deepEqual(await store.placement.commit([toNode(id('pooled'), fast.id)]), { refused: [id('pooled')] });
    assert.deepEqual(await store.placement.commit([toNode(id('web'), fast.id), toNode(id('web-2'), fast.id)]), { refused: [id('web-2')] });
    assert.deepEqual(await store.placement.commit([toNode(id('near'), slow.id)]), { refused: [id('near')] });
    const pair = [toNode(id('near'), fast.id), toNode(id('web-2'), slow.id)];
    assert.deepEqual(await store.placement.commit(pair), { refused: [] });
  });

  test('CR4 of a VM that was removed by itself no other asks anything any more', async (t) => {
    const store = await open(t);
    await putImage(store);
    const antiAffinity = { required: ['db', 'web'], preferred: [] };
    const placement = { ...anywhere, antiAffinity };
    const vms = [vmSpec('near', [], { placement }), vmSpec('web', []), vmSpec('db', [])];
    await apply(store, { ...lanSlice('blue', 0), networks: [], vms });
    await store.vms.desire('blue', 'db', 'absent');
    assert.deepEqual((await store.vms.get('blue', 'near')).spec.placement.antiAffinity.required, ['web']);
    const { spec } = await store.slices.get('blue');
    assert.deepEqual(spec.vms.find(({ name }) => name === 'near')?.placement.antiAffinity.required, ['web']);
  });

  test('CR4 a VM is not placed before its image and those of its volumes are there', async (t) => {
    const store = await open(t);
    const [a] = await twoNodes(store);
    const definition = { name: 'late', sources: ['https://images.test/late'], checksum: null, compression: 'none' as const, format: null };
    const { traits } = await store.images.get('micro');
    await store.imagePulls.request({ ...definition, traits });
    const first = await waiting(store, vmSpec('vm', [], { image: 'late' }), 'blue');
    const second = await waiting(store, vmSpec('vm', [], { volumes: [{ name: 'data', image: 'late', size: null }] }), 'red');
    const both = [toNode(first.id, a), toNode(second.id, a)];
    assert.deepEqual(await store.placement.commit(both), { refused: [first.id, second.id] });
    const content = { sha256: 'b'.repeat(64), format: 'qcow2' as const, size: 1, virtualSize: 1 };
    await store.images.put({ name: 'late', content, traits, origin: null });
    assert.deepEqual(await store.placement.commit(both), { refused: [] });
  });

  test('CR4 the cursor of round-robin is written with the assignments and outlives the store that wrote it', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    await twoNodes(store);
    const vm = await waiting(store, vmSpec('vm', []), 'blue');
    assert.equal((await store.placement.snapshot()).cursor, null);
    const decided = schedule(await store.placement.snapshot(), { now: 0, routerGrace: 1, policy: 'round-robin' });
    await store.placement.commit(decided.assignments, decided.cursor);
    assert.equal((await store.vms.get('blue', 'vm')).nodeId, (await store.nodes.get('a')).id);
    assert.deepEqual(await store.placement.commit([toNode(vm.id, null)]), { refused: [vm.id] });
    await store.close();
    const again = await open(t, { location });
    const { cursor } = await again.placement.snapshot();
    assert.equal(cursor, 'a');
  });

  test('CR3 what another controller took meanwhile is decided again, until all have what fits', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    // PostgreSQL is shared by controllers; a SQLite file has one.
    const other = dialect === 'postgres' ? await open(t, { location }) : store;
    await twoNodes(store);
    await apply(store, { ...lanSlice('blue', 10), networks: [], vms: Array.from({ length: 10 }, (_, index) => vmSpec(`vm${index}`, [])) });
    const place = async (one: Store): Promise<number> => {
      const { assignments } = schedule(await one.placement.snapshot(), { now: 0, routerGrace: 1, policy: 'pack' });
      return (await one.placement.commit(assignments)).refused.length;
    };
    const stale = await other.placement.snapshot();
    assert.equal(await place(store), 0);
    const { assignments } = schedule(stale, { now: 0, routerGrace: 1, policy: 'spread' });
    const { refused } = await other.placement.commit(assignments);
    assert.ok(assignments.length > 0 && refused.length > 0, 'the VMs have their nodes by now');
    assert.equal(await place(other), 0);
    const counts = Map.groupBy(await store.vms.list(), ({ nodeId }) => nodeId);
    assert.deepEqual([...counts.values()].map(({ length }) => length).sort(), [2, 4, 4]);
  });
});

async function twoNodes(store: Store): Promise<[string, string]> {
  await putImage(store);
  const overcommit = { cpus: 1, memory: 1, disk: 1 };
  return [(await addReadyNode(store, 'a', { overcommit })).id, (await addReadyNode(store, 'b', { overcommit })).id];
}

/** A slice of that one VM. */
async function waiting(store: Store, spec: VmSpec, slice: string): Promise<Vm> {
  await apply(store, { ...lanSlice(slice, 0), networks: [], vms: [spec] });
  return await store.vms.get(slice, spec.name);
}

async function placed(store: Store, spec: VmSpec, nodeId: string, slice = 'blue'): Promise<Vm> {
  const vm = await waiting(store, spec, slice);
  assert.deepEqual(await store.placement.commit([toNode(vm.id, nodeId)]), { refused: [] });
  return vm;
}

function toNode(id: string, nodeId: string | null, group: string | null = null): VmAssignment {
  return { kind: 'vm', id, from: null, nodeId, reason: nodeId === null ? 'it waits' : null, group };
}

function toMove(id: string, from: string, nodeId: string | null, instead: string | null = null): MoveAssignment {
  return { kind: 'move', id, from, instead, nodeId, reason: null, group: null };
}
