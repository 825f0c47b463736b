/** VMs and flavors in the store: what is desired and observed of a VM, and how VMs are listed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demandOf } from '../../src/model/placement/capacity.ts';
import { initialFlavors } from '../../src/model/vm/flavor.ts';
import { unobserved, type VmObserved } from '../../src/model/vm/vm.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, networkSpec, putImage, vmSpec } from './samples.ts';

onBothDatabases(({ open }) => {
  test('CR10 a new store has the initial flavors', async (t) => {
    const store = await open(t);
    assert.deepEqual(await store.flavors.list(), initialFlavors);
  });

  test('CR7 a VM that is removed leaves the specification, unless a link needs it', async (t) => {
    const store = await open(t);
    await putImage(store);
    const networks = [networkSpec('lan', '10.0.0.0/24'), networkSpec('joined', '10.0.1.0/24', { link: true })];
    await apply(store, { name: 'blue', networks, vms: [vmSpec('a', ['lan', 'joined']), vmSpec('b', ['joined']), vmSpec('c', ['lan'])] });
    await assert.rejects(store.vms.desire('blue', 'a', 'absent'), { code: 'conflict.in-use', message: /one end of link "joined"/ });
    assert.equal((await store.slices.get('blue')).generation, 1);
    const removed = await store.vms.desire('blue', 'c', 'absent');
    assert.deepEqual([removed.desired, removed.generation, removed.nics], ['absent', 2, []]);
    const slice = await store.slices.get('blue');
    assert.deepEqual([slice.generation, slice.spec.vms.map(({ name }) => name)], [2, ['a', 'b']]);
    assert.deepEqual(await store.vms.desire('blue', 'c', 'absent'), removed, 'asked again, nothing changes');
    for (const ask of [store.vms.desire('blue', 'c', 'running'), store.vms.reboot('blue', 'c')]) {
      await assert.rejects(ask, { code: 'conflict.in-use', message: 'VM "blue/c" is still being removed' });
    }
    await store.vms.forget(removed.id);
    await assert.rejects(store.vms.get('blue', 'c'), { code: 'not-found' });
  });

  test('CR7 to want a VM running starts it again only where it does not run', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 1));
    const { id } = await store.vms.get('blue', 'vm1');
    const brief = async () => {
      const { desired, generation, boot } = await store.vms.get('blue', 'vm1');
      return [desired, generation, boot];
    };
    await store.vms.observe([{ id, observed: { state: 'running' } }]);
    await store.vms.desire('blue', 'vm1', 'running');
    assert.deepEqual(await brief(), ['running', 1, 0]);
    await store.vms.observe([{ id, observed: { state: 'stopped', settledGeneration: 1 } }]);
    await store.vms.desire('blue', 'vm1', 'running');
    assert.deepEqual(await brief(), ['running', 2, 1]);
    await store.vms.desire('blue', 'vm1', 'running');
    await store.slices.desire('blue', 'running');
    assert.deepEqual(await brief(), ['running', 2, 1], 'its start is under way already');
    await store.vms.observe([{ id, observed: { reason: 'no room', settledGeneration: 1 } }]);
    await store.vms.desire('blue', 'vm1', 'running');
    assert.deepEqual(await brief(), ['running', 3, 2], 'its start has failed');
    await store.vms.desire('blue', 'vm1', 'stopped');
    await store.vms.desire('blue', 'vm1', 'stopped');
    assert.deepEqual(await brief(), ['stopped', 4, 2]);
    await store.vms.reboot('blue', 'vm1');
    assert.deepEqual(await brief(), ['running', 5, 3]);
    await store.vms.observe([{ id, observed: { state: 'unknown', settledGeneration: 5 } }]);
    await store.vms.desire('blue', 'vm1', 'running');
    assert.deepEqual(await brief(), ['running', 6, 3], 'it may be running, so it is not restarted when its node is back');
    await store.vms.reboot('blue', 'vm1');
    assert.deepEqual(await brief(), ['running', 7, 4]);
  });

  test('CR16 only what was observed is written, and nothing for a VM that is gone', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 1));
    const { id } = await store.vms.get('blue', 'vm1');
    const all = {
      state: 'failed',
      reason: 'it crashed',
      step: 'start',
      pid: 4,
      startedAt: 5,
      restarts: 6,
      restartAt: 1_700_000_000_000,
      launchRetry: { failures: 2, at: 1_700_000_000_001, of: 'abc' },
      changeRetry: { failures: 0, at: null, of: 'abd' },
      diskRetry: { failures: 3, at: 1_700_000_000_002 },
      launchHash: 'def',
      memoryHeld: 2 ** 40,
      settledGeneration: 8,
      addressed: true,
    } as const;
    await store.vms.observe([
      { id, observed: all },
      { id: 'gone', observed: all },
      { id, observed: {} },
    ]);
    assert.deepEqual((await store.vms.get('blue', 'vm1')).observed, all);
    await store.vms.observe([{ id, observed: { state: 'running', reason: null, addressed: false } }]);
    assert.deepEqual((await store.vms.get('blue', 'vm1')).observed, { ...all, state: 'running', reason: null, addressed: false });
  });

  test('SC11 what several VMs became is written together, to each its own', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 4));
    const ids = (await store.vms.list()).map(({ id }) => id);
    const changes: Partial<VmObserved>[] = [
      { state: 'running', pid: 7, startedAt: 1_700_000_000_000, launchHash: "it's", addressed: true },
      { state: 'failed', pid: null, startedAt: 5, launchHash: null, addressed: false },
      { reason: 'no room', restartAt: 9, launchRetry: { failures: 1, at: 9, of: 'a' } },
      { reason: null, restartAt: null, launchRetry: null },
    ];
    await store.vms.observe(changes.map((observed, index) => ({ id: ids[index] ?? '', observed })));
    assert.deepEqual(
      (await store.vms.list()).map(({ observed }) => observed),
      changes.map((observed) => ({ ...unobserved, ...observed })),
    );
  });

  test('SC11 outlines tell what is counted of all VMs, or of those of one slice', async (t) => {
    const store = await open(t);
    const image = await putImage(store);
    await apply(store, lanSlice('red', 1));
    await apply(store, lanSlice('blue', 2));
    const outlines = await store.vms.outlines();
    const vms = await store.vms.list();
    assert.deepEqual(
      outlines,
      vms.map(({ id, sliceId, slice, name, nodeId, movingTo, stayReason, desired, observed, spec }) => {
        const { state, restarts, launchRetry, memoryHeld } = observed;
        return {
          id,
          sliceId,
          slice,
          name,
          nodeId,
          movingTo,
          stayReason,
          desired,
          state,
          restarts,
          launchFailures: launchRetry?.failures ?? 0,
          memoryHeld,
          demand: demandOf(spec, () => image.content),
        };
      }),
    );
    assert.deepEqual(
      await store.vms.outlines({ slice: 'red' }),
      outlines.filter(({ slice }) => slice === 'red'),
    );
  });

  test('CR10 VMs are listed by slice and by node, and missed with near names', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 2));
    await apply(store, lanSlice('red', 1));
    const node = await addReadyNode(store, 'n1');
    const { id } = await store.vms.get('red', 'vm1');
    await store.placement.commit([{ kind: 'vm', id, from: null, nodeId: node.id, reason: null, group: null }]);
    const names = async (filter: { slice?: string; nodeId?: string }) =>
      (await store.vms.list(filter)).map((vm) => `${vm.slice}/${vm.name}`);
    assert.deepEqual(await names({}), ['blue/vm1', 'blue/vm2', 'red/vm1']);
    assert.deepEqual(await names({ slice: 'blue' }), ['blue/vm1', 'blue/vm2']);
    assert.deepEqual(await names({ nodeId: node.id }), ['red/vm1']);
    assert.deepEqual(await names({ slice: 'blue', nodeId: node.id }), []);
    await assert.rejects(store.vms.get('blau', 'vm1'), { code: 'not-found', message: 'there is no slice "blau"' });
    await assert.rejects(store.vms.get('red', 'vm3'), { code: 'not-found', hint: 'Did you mean vm1?' });
  });
});
