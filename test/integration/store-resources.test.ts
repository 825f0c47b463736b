/** Nodes, images, flavors, VMs, tasks and events in the store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { demandOf } from '../../src/model/placement/capacity.ts';
import { initialFlavors } from '../../src/model/vm/flavor.ts';
import { unobserved, type VmObserved } from '../../src/model/vm/vm.ts';
import { openPostgres } from '../../src/store/database/postgres.ts';
import { until } from '../support/until.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, networkSpec, nodeConfig, putImage, vmSpec } from './samples.ts';

onBothDatabases(({ open, dialect, freshLocation }) => {
  test('CR3 a node is added once, by name and by machine, and found by name', async (t) => {
    const store = await open(t, { now: () => 7 });
    const node = await store.nodes.add(nodeConfig('n2'));
    assert.deepEqual(node.observed, { status: 'new', reason: null, seenAt: null, since: 7, specs: null, images: [] });
    assert.deepEqual(await store.nodes.get('n2'), node);
    await assert.rejects(store.nodes.add(nodeConfig('n2', { ssh: { address: 'x', port: 22, user: 'root' } })), { code: 'conflict.exists' });
    await assert.rejects(store.nodes.add(nodeConfig('n3', { ssh: { address: 'N2.test', port: 22, user: 'other' } })), {
      code: 'conflict.exists',
      message: /node "n2" is already this machine/,
    });
    await store.nodes.add(nodeConfig('n1', { ssh: { address: 'n2.test', port: 22, user: 'root' }, stateFolder: '/srv/other' }));
    assert.deepEqual(
      (await store.nodes.list()).map(({ config }) => config.name),
      ['n1', 'n2'],
    );
    await assert.rejects(store.nodes.get('n4'), { code: 'not-found', hint: 'Did you mean n1, n2?' });
    await assert.rejects(
      store.nodes.configure(node.config.name, () => nodeConfig('n1')),
      { code: 'conflict.exists' },
    );
    await store.nodes.configure(node.config.name, () => nodeConfig('n5'));
    await store.nodes.administer(node.id, 'draining');
    assert.deepEqual(await store.nodes.get('n5'), { ...node, config: nodeConfig('n5'), administration: 'draining' });
    await assert.rejects(store.nodes.administer('gone', 'active'), { code: 'not-found' });
  });

  test('CR3 a node that is in use is removed only when what it has is abandoned', async (t) => {
    const store = await open(t);
    await putImage(store);
    const slice = await apply(store, lanSlice('blue', 2));
    const node = await addReadyNode(store, 'n1');
    const vms = await store.vms.list();
    await store.placement.commit([
      ...vms.map(({ id }) => ({ kind: 'vm' as const, id, from: null, nodeId: node.id, reason: null, group: null })),
      { kind: 'router', id: slice.id, from: null, nodeId: node.id, reason: null },
    ]);
    await store.vms.observe(vms.map(({ id }) => ({ id, observed: { state: 'running', pid: 3 } })));
    await store.vms.desire('blue', 'vm2', 'absent');
    await assert.rejects(store.nodes.remove(node.id, false), {
      code: 'conflict.in-use',
      message: /blue\/vm1, blue\/vm2, blue\/\(router\)/,
    });
    assert.deepEqual(await store.nodes.remove(node.id, true), ['blue/vm1', 'blue/vm2', 'blue/(router)']);
    const [left, ...others] = await store.vms.list();
    assert.equal(others.length, 0, 'the absent VM is gone');
    assert.deepEqual([left?.nodeId, left?.pendingReason, left?.observed], [null, 'its node "n1" was removed', unobserved]);
    const { routerNodeId, routerReason } = await store.slices.get('blue');
    assert.deepEqual([routerNodeId, routerReason], [null, 'its node "n1" was removed']);
    assert.deepEqual(await store.nodes.list(), []);
    await assert.rejects(store.nodes.remove(node.id, true), { code: 'not-found' });
  });

  test('CR10 a new store has the initial flavors', async (t) => {
    const store = await open(t);
    assert.deepEqual(await store.flavors.list(), initialFlavors);
  });

  test('CR12 a name that moves to other content leaves VMs with the image that they were made from', async (t) => {
    const store = await open(t);
    const old = await putImage(store);
    assert.deepEqual(await putImage(store), old, 'the same content is the same image');
    await apply(store, lanSlice('blue', 1));
    const renewed = await putImage(store, 'micro', 'b');
    assert.notEqual(renewed.id, old.id);
    assert.deepEqual([await store.images.list(), await store.images.get('micro')], [[renewed], renewed]);
    assert.deepEqual(await store.images.byId(old.id), old);
    assert.equal((await store.vms.get('blue', 'vm1')).imageId, old.id);
    const vm = await store.vms.desire('blue', 'vm1', 'absent');
    await store.vms.forget(vm.id);
    await assert.rejects(store.images.byId(old.id), { code: 'not-found' }, 'nothing needs it any more');
  });

  test('CR12 an image in use is kept, and its content while another name has it', async (t) => {
    const store = await open(t);
    await putImage(store);
    await putImage(store, 'twin', 'a');
    await apply(store, lanSlice('blue', 2));
    await assert.rejects(store.images.remove('micro'), { code: 'conflict.in-use', message: /blue\/vm1, blue\/vm2/ });
    await putImage(store, 'micro', 'f');
    await assert.rejects(
      store.images.remove('micro'),
      { code: 'conflict.in-use', message: /blue\/vm1, blue\/vm2/ },
      'their slice names it still',
    );
    await assert.rejects(store.images.remove('mikro'), { code: 'not-found', hint: 'Did you mean micro?' });
    await store.images.remove('twin');
    assert.deepEqual((await store.images.contents()).sort(), ['a'.repeat(64), 'f'.repeat(64)]);
    for (const vm of (await store.vms.list()).map(({ name }) => name))
      await store.vms.forget((await store.vms.desire('blue', vm, 'absent')).id);
    await store.images.remove('micro');
    assert.deepEqual(await store.images.contents(), []);
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
    assert.deepEqual(await brief(), ['running', 6, 3], 'it may well run, and is not started anew when its node is back');
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

  test('CR16 a task overtakes the running one of the same subject and VM', async (t) => {
    let time = 10;
    const store = await open(t, {
      now: () => {
        time += 1;
        return time;
      },
    });
    const first = await store.tasks.start({ kind: 'slice.apply', subject: 'blue', vm: null, generation: 1 });
    const ofVm = await store.tasks.start({ kind: 'vm.stop', subject: 'blue', vm: 'vm1', generation: 1 });
    const ofNode = await store.tasks.start({ kind: 'node.drain', subject: 'blue', vm: null, generation: 1 });
    const second = await store.tasks.start({ kind: 'slice.stop', subject: 'blue', vm: null, generation: 2 });
    assert.deepEqual(await store.tasks.running(), [ofVm, ofNode, second]);
    const overtaken = await store.tasks.get(first.id);
    assert.deepEqual([overtaken.state, overtaken.endedAt], ['failed', second.createdAt]);
    assert.match(overtaken.message ?? '', /overtaken by slice\.stop/);
    await store.tasks.end(second.id, 'done', null);
    await store.tasks.end(second.id, 'failed', 'too late');
    assert.equal((await store.tasks.get(second.id)).state, 'done');
    assert.deepEqual(
      (await store.events.after(0, 10)).map(({ kind, slice, at, message }) => [kind, slice, at, message]),
      [
        ['task.ended', 'blue', second.createdAt, `slice.apply failed: overtaken by slice.stop ${second.id}`],
        ['task.ended', 'blue', second.createdAt + 1, 'slice.stop done'],
      ],
      'each end is told once',
    );
    assert.deepEqual(
      (await store.tasks.list(2)).map(({ id }) => id),
      [second.id, ofNode.id],
    );
    await assert.rejects(store.tasks.get('none'), { code: 'not-found' });
  });

  test('CR16 events are read on from a sequence, and the oldest are pruned', async (t) => {
    const store = await open(t, { now: () => 9 });
    assert.equal(await store.events.latest(), 0);
    await store.events.append([]);
    const step = { name: 'start', state: 'done', duration: 1.5 } as const;
    await store.events.append([
      { kind: 'vm.step', message: 'started', slice: 'blue', vm: 'vm1', node: 'n1', step, data: { percent: 5 } },
      { kind: 'image.map', message: '1' },
    ]);
    await store.events.append([{ kind: 'store.restored', message: '2' }]);
    assert.deepEqual(await store.events.after(0, 1), [
      {
        sequence: 1,
        at: 9,
        kind: 'vm.step',
        node: 'n1',
        slice: 'blue',
        vm: 'vm1',
        message: 'started',
        step,
        data: { percent: 5 },
        actor: 'system',
      },
    ]);
    assert.deepEqual(
      (await store.events.after(1, 10)).map(({ sequence, kind, step: none }) => [sequence, kind, none]),
      [
        [2, 'image.map', null],
        [3, 'store.restored', null],
      ],
    );
    const keep = (kept: number): Promise<number> => store.events.prune({ kept, since: 0 }, 10);
    assert.equal(await keep(5), 0);
    assert.equal((await store.events.after(0, 10)).length, 3);
    assert.equal(await keep(1), 2);
    assert.deepEqual(
      (await store.events.after(0, 10)).map(({ sequence, kind }) => [sequence, kind]),
      [
        [2, 'events.gap'],
        [3, 'store.restored'],
      ],
    );
    await keep(0);
    assert.equal(await store.events.latest(), 3);
    await store.events.append([{ kind: 'image.map', message: '3' }]);
    assert.equal(await store.events.latest(), 4, 'a sequence is never given out twice');
  });

  if (dialect === 'postgres') {
    test('CR16 an event is not seen before one of a lower sequence that is still being committed', async (t) => {
      const location = await freshLocation();
      const store = await open(t, { location });
      const database = openPostgres(location);
      t.after(() => database.close());
      let appended: Promise<void> | undefined;
      await database.write(async (queries) => {
        await queries.insertInto('events').values({ at: 1, kind: 'slow', message: 'first' }).execute();
        appended = store.events.append([{ kind: 'image.map', message: 'second' }]);
        await until('the other waits for the lock', async () => {
          const { rows } = await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`.execute(queries);
          return rows.length > 0 ? true : undefined;
        });
        assert.deepEqual(await store.events.after(0, 10), []);
      });
      await appended;
      assert.deepEqual(
        (await store.events.after(0, 10)).map(({ sequence, message }) => [sequence, message]),
        [
          [1, 'first'],
          [2, 'second'],
        ],
      );
    });
  }

  test('CR16 one who reads on while many append misses no event', async (t) => {
    const store = await open(t);
    let appending = true;
    const appended = Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        store.events.append([
          { kind: 'image.map', message: `${index}` },
          { kind: 'store.restored', message: `${index}` },
        ]),
      ),
    ).finally(() => {
      appending = false;
    });
    const seen: number[] = [];
    const read = async () => {
      for (const { sequence } of await store.events.after(seen.at(-1) ?? 0, 7)) seen.push(sequence);
    };
    while (appending) await read();
    await appended;
    while ((seen.at(-1) ?? 0) < (await store.events.latest())) await read();
    assert.deepEqual(
      seen,
      Array.from({ length: 120 }, (_, index) => index + 1),
    );
  });
});
