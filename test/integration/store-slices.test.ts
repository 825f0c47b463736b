/** Commits of slices: what is allocated, what is kept, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffSlice } from '../../src/model/slice/diff.ts';
import type { Nic, Vm } from '../../src/model/vm/vm.ts';
import type { Store } from '../../src/store/store.ts';
import { nicSpec } from '../support/vm.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, networkSpec, putImage, vmSpec } from './samples.ts';

onBothDatabases(({ open, freshLocation }) => {
  test('CR9 a new slice gets the lowest segments, a transit network, addresses and MACs', async (t) => {
    const store = await open(t);
    await putImage(store);
    const spec = { ...lanSlice('blue', 2), networks: [networkSpec('lan', '10.0.0.0/24'), networkSpec('wan', '10.0.1.0/24')] };
    const slice = await apply(store, { ...spec, vms: [vmSpec('a', ['lan', 'wan']), vmSpec('b', ['lan'])] });
    assert.deepEqual([slice.generation, slice.transit, slice.desired, slice.routerNodeId], [1, 0, 'running', null]);
    assert.deepEqual(await store.slices.get('blue'), slice);
    const networks = await store.slices.networks(slice.id);
    assert.deepEqual(
      networks.map(({ name, segment }) => [name, segment]),
      [
        ['lan', 100],
        ['wan', 101],
      ],
    );
    const vms = await store.vms.list();
    assert.deepEqual(addresses(vms), ['a eth0 lan 10.0.0.2', 'a eth1 wan 10.0.1.2', 'b eth0 lan 10.0.0.3']);
    for (const { mac } of vms.flatMap(({ nics }) => nics)) assert.match(mac, /^02(:[0-9a-f]{2}){5}$/);
    assert.deepEqual([vms[0]?.generation, vms[0]?.desired, vms[0]?.observed.state, vms[0]?.nodeId], [1, 'running', 'none', null]);
    assert.equal(vms[0]?.imageId, (await store.images.get('micro')).id);
  });

  test('CR9 an edit keeps the identity of all that did not change', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 3));
    const before = await store.vms.list();
    const wanted = lanSlice('blue', 3);
    wanted.networks.push(networkSpec('wan', '10.0.1.0/24'));
    wanted.vms.splice(1, 1, vmSpec('vm2', ['lan', 'wan'], { cpus: 2 }), vmSpec('vm0', ['lan']));
    assert.equal((await apply(store, wanted)).generation, 2);
    const after = await store.vms.list();
    assert.deepEqual(
      [byName(after, 'vm1'), byName(after, 'vm3')],
      [byName(before, 'vm1'), byName(before, 'vm3')],
      'untouched VMs are as they were',
    );
    const [old, changed] = [byName(before, 'vm2'), byName(after, 'vm2')];
    assert.deepEqual([changed.id, changed.generation, changed.spec.cpus], [old.id, old.generation + 1, 2]);
    assert.deepEqual(changed.nics[0], old.nics[0]);
    assert.equal(changed.nics[1]?.address, '10.0.1.2');
    assert.equal(byName(after, 'vm0').nics[0]?.address, '10.0.0.5');
  });

  test('CR9 a recreated VM has another identity and may have the address of the one that it replaces', async (t) => {
    const store = await open(t);
    await putImage(store);
    await putImage(store, 'other', 'b');
    const spec = lanSlice('blue', 1);
    spec.vms = [vmSpec('vm1', [], { nics: [nicSpec('lan', { address: '10.0.0.77', mac: '02:00:00:00:00:AA' })] })];
    await apply(store, spec);
    const before = await store.vms.get('blue', 'vm1');
    const node = await addReadyNode(store, 'n1');
    await store.placement.commit([{ kind: 'vm', id: before.id, from: null, nodeId: node.id, reason: null, group: null }]);
    await apply(store, { ...spec, vms: spec.vms.map((vm) => ({ ...vm, image: 'other' })) });
    const rows = await store.vms.list({ slice: 'blue' });
    assert.equal(rows.length, 2);
    const after = await store.vms.get('blue', 'vm1');
    assert.notEqual(after.id, before.id);
    assert.deepEqual([after.nodeId, after.nics[0]?.address, after.nics[0]?.mac], [null, '10.0.0.77', '02:00:00:00:00:aa']);
    const replaced = rows.find(({ id }) => id === before.id);
    assert.deepEqual([replaced?.desired, replaced?.nodeId, replaced?.generation, replaced?.nics], ['absent', node.id, 2, []]);
    await assert.rejects(store.vms.forget(after.id), { code: 'conflict.in-use' });
    await store.vms.forget(before.id);
    assert.deepEqual(
      (await store.vms.list()).map(({ id }) => id),
      [after.id],
    );
  });

  test('CR9 addresses that users give are taken before any is chosen, and swapped in one change', async (t) => {
    const store = await open(t);
    await putImage(store);
    const pinned = (name: string, address: string) => vmSpec(name, [], { nics: [nicSpec('lan', { address })] });
    const spec = lanSlice('blue', 1);
    await apply(store, { ...spec, vms: [vmSpec('a', ['lan']), pinned('b', '10.0.0.2'), pinned('c', '10.0.0.9')] });
    assert.deepEqual(addresses(await store.vms.list()), ['a eth0 lan 10.0.0.3', 'b eth0 lan 10.0.0.2', 'c eth0 lan 10.0.0.9']);
    const macs = (await store.vms.list()).flatMap(({ nics }) => nics.map(({ id, mac }) => [id, mac]));
    await apply(store, { ...spec, vms: [vmSpec('a', ['lan']), pinned('b', '10.0.0.9'), pinned('c', '10.0.0.2')] });
    assert.deepEqual(addresses(await store.vms.list()), ['a eth0 lan 10.0.0.3', 'b eth0 lan 10.0.0.9', 'c eth0 lan 10.0.0.2']);
    assert.deepEqual(
      (await store.vms.list()).flatMap(({ nics }) => nics.map(({ id, mac }) => [id, mac])),
      macs,
    );
    await assert.rejects(apply(store, { ...spec, vms: [vmSpec('a', ['lan']), pinned('b', '10.0.0.3'), pinned('c', '10.0.0.2')] }), {
      code: 'input.invalid',
      message: /10\.0\.0\.3 is taken by a \(eth0\)/,
    });
  });

  test('CR9 a network with another subnet gives its NICs other addresses and the same MACs', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 2));
    const before = await store.vms.list();
    await apply(store, lanSlice('blue', 2, '10.9.0.0/24'));
    const after = await store.vms.list();
    assert.deepEqual(addresses(after), ['vm1 eth0 lan 10.9.0.2', 'vm2 eth0 lan 10.9.0.3']);
    assert.deepEqual(macsOf(after), macsOf(before));
  });

  test('CR9 a MAC that another slice has is refused', async (t) => {
    const store = await open(t);
    await putImage(store);
    const mac = '02:00:00:00:00:01';
    const spec = (name: string) => ({ ...lanSlice(name, 1), vms: [vmSpec('a', [], { nics: [nicSpec('lan', { mac })] })] });
    await apply(store, spec('blue'));
    await assert.rejects(apply(store, spec('red')), { code: 'input.invalid', message: /02:00:00:00:00:01/ });
    assert.equal(await store.slices.find('red'), null, 'nothing of a refused change is kept');
  });

  test('CR9 a change planned against another generation is refused', async (t) => {
    const store = await open(t);
    await putImage(store);
    const slice = await apply(store, lanSlice('blue', 1));
    const change = diffSlice(slice.spec, lanSlice('blue', 2), slice.generation);
    await apply(store, lanSlice('blue', 3));
    await assert.rejects(store.slices.commit(change), { code: 'conflict.changed' });
    await assert.rejects(store.slices.commit({ ...change, against: null }), { code: 'conflict.changed' });
    await assert.rejects(store.slices.commit({ ...change, slice: 'none' }), { code: 'conflict.changed' });
    assert.equal((await store.vms.list()).length, 3);
  });

  test('CR9 an unknown image is refused with the names that are near', async (t) => {
    const store = await open(t);
    await putImage(store);
    const spec = lanSlice('blue', 1);
    spec.vms = [vmSpec('a', ['lan'], { image: 'mikro' })];
    await assert.rejects(apply(store, spec), { code: 'not-found', hint: 'Did you mean micro?' });
    assert.deepEqual(await store.slices.list(), []);
  });

  test('CR9 twenty slices applied at once share no segment, transit network, address or MAC', async (t) => {
    const store = await open(t);
    await putImage(store);
    const specs = Array.from({ length: 20 }, (_, index) => lanSlice(`slice${index}`, 3));
    const slices = await Promise.all(specs.map((spec) => apply(store, spec)));
    const networks = (await Promise.all(slices.map(({ id }) => store.slices.networks(id)))).flat();
    const vms = await store.vms.list();
    assert.deepEqual(sorted(networks.map(({ segment }) => segment)), range(100, 20));
    assert.deepEqual(sorted(slices.map(({ transit }) => transit)), range(0, 20));
    assert.equal(new Set(macsOf(vms)).size, 60);
    assert.equal(new Set(vms.flatMap(({ nics }) => nics.map(({ networkId, address }) => `${networkId} ${address}`))).size, 60);
  });

  test('CR9 of twenty edits of one slice planned at once, one is committed', async (t) => {
    const store = await open(t);
    await putImage(store);
    const slice = await apply(store, lanSlice('blue', 1));
    const edits = Array.from({ length: 20 }, (_, index) => diffSlice(slice.spec, lanSlice('blue', index + 2), slice.generation));
    const results = await Promise.allSettled(edits.map((change) => store.slices.commit(change)));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.code, 'conflict.changed');
    assert.equal((await store.slices.get('blue')).generation, 2);
  });

  test('CR9 a full subnet, no segment and no transit network left are named, and nothing is kept', async (t) => {
    const store = await open(t, { settings: { segments: { first: 7, last: 8 }, transit: '100.64.0.0/29' } });
    await putImage(store);
    await assert.rejects(apply(store, lanSlice('blue', 6, '10.0.0.0/29')), {
      code: 'exhausted.addresses',
      message: /"lan" \(10\.0\.0\.0\/29\)/,
    });
    await apply(store, lanSlice('blue', 5, '10.0.0.0/29'));
    const wide = lanSlice('red', 1);
    wide.networks.push(networkSpec('wan', '10.0.1.0/24'));
    await assert.rejects(apply(store, wide), { code: 'exhausted.segments', message: /needs 2 more, 1 segment is free of 7 to 8/ });
    await apply(store, { name: 'red', networks: [], vms: [] });
    await assert.rejects(apply(store, { name: 'green', networks: [], vms: [] }), { code: 'exhausted.transit' });
    assert.deepEqual(
      (await store.slices.list()).map(({ name, transit }) => [name, transit]),
      [
        ['blue', 0],
        ['red', 1],
      ],
    );
  });

  test('CR9 a network goes with its last NIC, and its segment rests before it is used again', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 2));
    const inUse = diffSlice((await store.slices.get('blue')).spec, lanSlice('blue', 2), 1);
    await assert.rejects(store.slices.commit({ ...inUse, networks: [{ kind: 'remove', name: 'lan' }] }), { code: 'conflict.in-use' });
    const slice = await apply(store, { name: 'blue', networks: [], vms: [vmSpec('vm1', [])] });
    assert.deepEqual(await store.slices.networks(slice.id), []);
    await apply(store, lanSlice('red', 1));
    assert.equal((await store.slices.networks((await store.slices.get('red')).id))[0]?.segment, 101);
  });

  test('CR11 networks that no trunk carries get segments of up to 24 bits, above all VLAN tags', async (t) => {
    const location = await freshLocation();
    const onTrunk = await open(t, { location });
    await putImage(onTrunk);
    const blue = await apply(onTrunk, lanSlice('blue', 1));
    const inVxlan = await open(t, { location, settings: { underlay: 'vxlan' } });
    const red = await apply(inVxlan, lanSlice('red', 1));
    const green = await apply(onTrunk, lanSlice('green', 1));
    const numbers = [];
    for (const { id } of [blue, red, green]) {
      numbers.push(...(await onTrunk.slices.networks(id)).map(({ segment, vlan }) => [segment, vlan]));
    }
    assert.deepEqual(numbers, [
      [100, 100],
      [4096, null],
      [101, 101],
    ]);
  });

  test('CR9 a removed slice keeps its name until nothing is left of it', async (t) => {
    const store = await open(t);
    await putImage(store);
    const { id } = await apply(store, lanSlice('blue', 2));
    const node = await addReadyNode(store, 'n1');
    await store.placement.commit([{ kind: 'router', id, from: null, nodeId: node.id, reason: null }]);
    const removed = await store.slices.desire('blue', 'absent');
    assert.deepEqual([removed.desired, removed.generation, removed.routerNodeId], ['absent', 2, node.id]);
    assert.deepEqual(await store.slices.desire('blue', 'absent'), removed, 'asked again, nothing changes');
    await assert.rejects(apply(store, lanSlice('blue', 1)), { code: 'conflict.in-use', message: 'slice "blue" is still being removed' });
    await assert.rejects(store.slices.desire('blue', 'running'), { code: 'conflict.in-use' });
    assert.equal(await store.slices.sweep(id), false, 'its VMs are there');
    for (const vm of await store.vms.list()) {
      assert.equal(vm.desired, 'absent');
      await store.vms.forget(vm.id);
    }
    assert.equal(await store.slices.sweep(id), false, 'its router is there');
    await store.placement.commit([{ kind: 'router', id, from: node.id, nodeId: null, reason: 'removed' }]);
    assert.equal(await store.slices.sweep(id), true);
    assert.equal(await store.slices.sweep(id), false);
    assert.deepEqual(await store.slices.list(), []);
    assert.equal((await apply(store, lanSlice('blue', 1))).transit, 0);
  });

  test('CR9 stopping and starting a slice is another generation of each VM that changes', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, lanSlice('blue', 2));
    await observeRunning(store);
    assert.equal((await store.slices.desire('blue', 'running')).generation, 1, 'all run already');
    await store.vms.desire('blue', 'vm1', 'stopped');
    assert.equal((await store.slices.desire('blue', 'stopped')).generation, 2);
    assert.deepEqual(states(await store.vms.list()), ['vm1 stopped 2 0', 'vm2 stopped 2 0']);
    await store.slices.desire('blue', 'running');
    assert.deepEqual(states(await store.vms.list()), ['vm1 running 3 1', 'vm2 running 3 1']);
  });
});

function byName(vms: readonly Vm[], name: string): Vm {
  const vm = vms.find((candidate) => candidate.name === name);
  assert.ok(vm, `there is a VM ${name}`);
  return vm;
}

function addresses(vms: readonly Vm[]): string[] {
  return vms.flatMap((vm) => vm.nics.map((nic: Nic) => `${vm.name} ${nic.name} ${nic.network} ${nic.address}`));
}

function macsOf(vms: readonly Vm[]): string[] {
  return vms.flatMap(({ nics }) => nics.map(({ mac }) => mac));
}

function states(vms: readonly Vm[]): string[] {
  return vms.map(({ name, desired, generation, boot }) => `${name} ${desired} ${generation} ${boot}`);
}

async function observeRunning(store: Store): Promise<void> {
  await store.vms.observe((await store.vms.list()).map(({ id }) => ({ id, observed: { state: 'running' } })));
}

function sorted(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
