/** Placement: what the scheduler reads, and how its decisions are judged again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usualTraits } from '../../src/model/image/definition.ts';
import type { ImageContent } from '../../src/model/image/image.ts';
import type { VmSpec } from '../../src/model/slice/slice.ts';
import { gibibyte } from '../../src/model/vm/flavor.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, ids, lanSlice, nodeConfig, nodeSpecs, putImage, toNode, vmSpec } from './samples.ts';

onBothDatabases(({ open, dialect, freshLocation }) => {
  test('CR3 what is promised on a node never exceeds it, however many commit at once', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    // PostgreSQL is shared by controllers; a SQLite file has one.
    const other = dialect === 'postgres' ? await open(t, { location }) : store;
    await putImage(store);
    await apply(store, lanSlice('blue', 30));
    const node = await addReadyNode(store, 'n1', { cpus: 10, overcommit: { cpus: 1, memory: 1, disk: 1 } });
    const commits = (await store.vms.list()).map((vm, index) =>
      (index % 2 === 0 ? store : other).placement.commit([toNode('vm', vm.id, node.id)]),
    );
    const refused = (await Promise.all(commits)).flatMap((result) => result.refused);
    assert.equal(refused.length, 20);
    assert.equal((await store.vms.list({ nodeId: node.id })).length, 10);
  });

  test('CR3 memory and disk are promised once too, and what is absent gives its share back', async (t) => {
    const store = await open(t);
    await putImage(store);
    const big = { memory: 3 * gibibyte, disk: 60 * gibibyte };
    await apply(store, {
      name: 'blue',
      networks: [],
      vms: [vmSpec('a', [], big), vmSpec('b', [], big), vmSpec('c', [], { disk: 50 * gibibyte })],
    });
    const node = await addReadyNode(store, 'n1', { memory: 4 * gibibyte });
    const [a, b, c] = await ids(store);
    const first = await store.placement.commit([toNode('vm', a, node.id), toNode('vm', b, node.id), toNode('vm', c, node.id)]);
    assert.deepEqual(first.refused, [b, c], 'b lacks memory, c lacks disk');
    await store.vms.desire('blue', 'a', 'absent');
    assert.deepEqual(await store.placement.commit([toNode('vm', b, node.id), toNode('vm', a, null, node.id)]), { refused: [a] });
  });

  test('CR3 a disk without a size is promised with that of its image, once that is known; a CD-ROM takes no room', async (t) => {
    const store = await open(t);
    const image = async (name: string, digit: string, gibibytes: number, format: ImageContent['format'] = 'qcow2') => {
      const content = { sha256: digit.repeat(64), format, size: 1, virtualSize: gibibytes * gibibyte };
      await store.images.put({ name, content, traits: usualTraits, origin: null });
    };
    await image('large', 'a', 60);
    await image('tools', 'c', 60, 'iso');
    const definition = { name: 'late', sources: ['https://images.test/late'], checksum: null, compression: 'none' as const, format: null };
    await store.imagePulls.request({ ...definition, traits: usualTraits });
    const slice = (size: number | null, ...more: VmSpec[]) => ({
      ...{ name: 'blue', networks: [] },
      vms: [
        vmSpec('a', [], { image: 'large', volumes: [{ name: 'cd', image: 'tools', size: null }] }),
        vmSpec('b', [], { disk: gibibyte, image: 'late', volumes: [{ name: 'data', image: 'late', size }] }),
        ...more,
      ],
    });
    await apply(store, slice(null));
    const promised = async () =>
      Object.fromEntries((await store.placement.snapshot()).vms.map(({ name, demand }) => [name, demand.disk / gibibyte]));
    assert.deepEqual(await promised(), { a: 60, b: 1 });
    await image('late', 'b', 15);
    assert.deepEqual(await promised(), { a: 60, b: 30 }, 'a disk is never smaller than its image');
    const node = await addReadyNode(store, 'n1');
    const [a, b] = await ids(store);
    assert.deepEqual(await store.placement.commit([toNode('vm', a, node.id), toNode('vm', b, node.id)]), { refused: [] });

    // The name means another image from now on; the disks stay what they are.
    await image('late', 'd', 90);
    await apply(store, slice(20 * gibibyte));
    assert.deepEqual(await promised(), { a: 60, b: 35 });
    await assert.rejects(apply(store, slice(30 * gibibyte)), {
      code: 'conflict.in-use',
      message: /"b" outgrows its node "n1": needs 45 GiB of disk, 40 GiB is free/,
    });
    await store.nodes.configure('n1', (config) => ({ ...config, overcommit: { ...config.overcommit, disk: 2 } }));
    await apply(store, slice(30 * gibibyte, vmSpec('c', [], { image: 'late' })));
    assert.deepEqual(await promised(), { a: 60, b: 45, c: 90 });
    assert.deepEqual(await store.placement.commit([toNode('vm', (await store.vms.get('blue', 'c')).id, node.id)]), { refused: [] });
  });

  test('CR3 a volume of an image that was not fetched comes to no VM that has its node: it may be larger than what is free', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, { name: 'blue', networks: [], vms: [vmSpec('a', [])] });
    const node = await addReadyNode(store, 'n1');
    const [a] = await ids(store);
    await store.placement.commit([toNode('vm', a, node.id)]);
    const definition = { name: 'late', sources: ['https://images.test/late'], checksum: null, compression: 'none' as const, format: null };
    await store.imagePulls.request({ ...definition, traits: usualTraits });
    const added = { name: 'blue', networks: [], vms: [vmSpec('a', [], { volumes: [{ name: 'data', image: 'late', size: null }] })] };
    await assert.rejects(apply(store, added), { code: 'conflict.in-use', message: /image late is known once it was fetched/ });
    const content = { sha256: 'b'.repeat(64), format: 'qcow2' as const, size: 1, virtualSize: 500 * gibibyte };
    await store.images.put({ name: 'late', content, traits: usualTraits, origin: null });
    await assert.rejects(apply(store, added), { code: 'conflict.in-use', message: /outgrows its node "n1": needs 500 GiB of disk/ });
  });

  test('CR3 memory that a VM runs with is promised until it is given back, whatever the VM is to have from its next start on', async (t) => {
    const store = await open(t);
    await putImage(store);
    const sized = (a: number, b: number) => ({
      name: 'blue',
      networks: [],
      vms: [vmSpec('a', [], { memory: a * gibibyte }), vmSpec('b', [], { memory: b * gibibyte })],
    });
    await apply(store, sized(3, 2));
    const node = await addReadyNode(store, 'n1', { memory: 4 * gibibyte, overcommit: { cpus: 1, memory: 1, disk: 1 } });
    const [a, b] = await ids(store);
    await store.placement.commit([toNode('vm', a, node.id)]);
    await store.vms.observe([{ id: a ?? '', observed: { state: 'running', memoryHeld: 3 * gibibyte } }]);
    await apply(store, sized(1, 2));
    assert.deepEqual((await store.placement.commit([toNode('vm', b, node.id)])).refused, [b]);
    assert.deepEqual((await store.placement.snapshot()).vms.map(({ memoryHeld }) => memoryHeld).sort(), [3 * gibibyte, null]);
    await store.vms.observe([{ id: a ?? '', observed: { memoryHeld: gibibyte } }]);
    assert.deepEqual((await store.placement.commit([toNode('vm', b, node.id)])).refused, []);
    await store.vms.observe([{ id: b ?? '', observed: { state: 'running', memoryHeld: 2 * gibibyte } }]);
    await assert.rejects(apply(store, sized(3, 1)), { code: 'conflict.in-use', message: /needs 3 GiB of memory, 2 GiB is free/ });
    await apply(store, sized(2, 1));
  });

  test('CR3 an edited VM may not outgrow its node, and may grow into what the same edit frees', async (t) => {
    const store = await open(t);
    await putImage(store);
    const sized = (a: number, b: number) => ({
      name: 'blue',
      networks: [],
      vms: [vmSpec('a', [], { cpus: a }), vmSpec('b', [], { cpus: b })],
    });
    await apply(store, sized(1, 2));
    const node = await addReadyNode(store, 'n1', { cpus: 4, overcommit: { cpus: 1, memory: 1, disk: 1 } });
    await store.placement.commit((await ids(store)).map((id) => toNode('vm', id, node.id)));
    await assert.rejects(apply(store, sized(3, 2)), {
      code: 'conflict.in-use',
      message: 'VM "a" outgrows its node "n1": needs 3 CPUs, 2 are free',
    });
    await apply(store, sized(2, 2));
    await apply(store, sized(3, 1));
    await apply(store, { ...sized(3, 1), vms: [vmSpec('a', [], { cpus: 4 })] });
    assert.equal((await store.vms.get('blue', 'a')).spec.cpus, 4);
  });

  test('CR3 an assignment is refused whose node or own state is no longer what it was', async (t) => {
    const store = await open(t);
    await putImage(store);
    const { id: sliceId } = await apply(store, lanSlice('blue', 1));
    const [vm] = await ids(store);
    const unseen = await store.nodes.add(nodeConfig('new'));
    const draining = await addReadyNode(store, 'draining');
    await store.nodes.administer(draining.id, 'draining');
    const lost = await addReadyNode(store, 'lost');
    await store.nodes.observe(lost.id, {
      status: 'unreachable',
      reason: 'no route',
      seenAt: 1,
      since: 2,
      specs: nodeSpecs(4, gibibyte),
      images: [],
    });
    const router = await addReadyNode(store, 'router', { roles: ['network'] });
    const compute = await addReadyNode(store, 'compute', { roles: ['compute'] });
    for (const nodeId of [unseen.id, draining.id, lost.id, router.id, 'nodenodenodenode']) {
      assert.deepEqual(await store.placement.commit([toNode('vm', vm, nodeId)]), { refused: [vm] });
    }
    assert.deepEqual(await store.placement.commit([toNode('router', sliceId, compute.id)]), { refused: [sliceId] });
    assert.deepEqual(await store.placement.commit([toNode('vm', vm, compute.id, router.id)]), { refused: [vm] });
    assert.deepEqual(await store.placement.commit([toNode('vm', vm, compute.id), toNode('router', sliceId, router.id)]), { refused: [] });
    assert.deepEqual(await store.placement.commit([toNode('vm', vm, compute.id)]), { refused: [vm] }, 'it has a node by now');
  });

  test('CR4 a reason is kept while there is no node and goes with the assignment', async (t) => {
    const store = await open(t);
    await putImage(store);
    const { id } = await apply(store, lanSlice('blue', 1));
    const { id: vm } = await store.vms.get('blue', 'vm1');
    const node = await addReadyNode(store, 'n1');
    const reason = 'no node is ready';
    await store.placement.commit([
      { kind: 'vm', id: vm, from: null, nodeId: null, reason, group: null },
      { kind: 'router', id, from: null, nodeId: null, reason },
    ]);
    assert.equal((await store.vms.get('blue', 'vm1')).pendingReason, 'no node is ready');
    assert.equal((await store.slices.get('blue')).routerReason, 'no node is ready');
    await store.placement.commit([toNode('vm', vm, node.id), toNode('router', id, node.id)]);
    const placed = await store.vms.get('blue', 'vm1');
    assert.deepEqual([placed.nodeId, placed.pendingReason], [node.id, null]);
    assert.deepEqual(
      [(await store.slices.get('blue')).routerNodeId, (await store.slices.get('blue')).routerReason, placed.generation],
      [node.id, null, 1],
    );
  });

  test('CR4 the snapshot has what is not absent, and which slices need a router', async (t) => {
    const store = await open(t);
    await putImage(store);
    const { id } = await apply(store, lanSlice('blue', 2));
    await apply(store, { name: 'alone', networks: [], vms: [vmSpec('a', [])] });
    await apply(store, lanSlice('gone', 1));
    await store.slices.desire('gone', 'absent');
    await store.vms.desire('blue', 'vm2', 'absent');
    const node = await addReadyNode(store, 'n1');
    const { nodes, vms, slices, routed } = await store.placement.snapshot();
    assert.deepEqual(nodes, [node]);
    assert.deepEqual(
      vms.map((vm) => `${vm.slice}/${vm.name}`),
      ['alone/a', 'blue/vm1'],
    );
    assert.deepEqual(
      slices.map(({ name }) => name),
      ['alone', 'blue'],
    );
    assert.equal(routed.has(id), true);
    assert.equal(routed.has(slices[0]?.id ?? ''), false);
  });
});
