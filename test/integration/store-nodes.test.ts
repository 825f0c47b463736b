/** Nodes in the store: one for each machine, and none is removed while it is in use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unobserved } from '../../src/model/vm/vm.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, nodeConfig, putImage } from './samples.ts';

onBothDatabases(({ open }) => {
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
});
