import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micro, node, options, preferred, required, slice, snapshot, vm } from '../../test/support/placement.ts';
import type { NicModel } from '../model/network/nic-model.ts';
import type { PlacementSnapshot, PlacementVm } from '../model/placement/assignment.ts';
import type { PlacementPolicy } from '../model/placement/placement.ts';
import { gibibyte } from '../model/vm/flavor.ts';
import { schedule } from './schedule.ts';

/** VM → name of its node, null where it waits. */
function placesOf(given: PlacementSnapshot, policy: PlacementPolicy = 'spread'): Record<string, string | null> {
  const { assignments } = schedule(given, { ...options, policy });
  return Object.fromEntries(
    assignments.filter(({ kind }) => kind === 'vm').map(({ id, nodeId }) => [id, nodeId?.replace('id-', '') ?? null]),
  );
}

test('CR4 VMs spread over the nodes by what is promised there', () => {
  assert.deepEqual(placesOf(snapshot([node('a'), node('b')], [vm('1'), vm('2'), vm('3'), vm('4')])), { 1: 'a', 2: 'b', 3: 'a', 4: 'b' });
});

test('CR4 packed VMs fill one node before the next', () => {
  const vms = ['1', '2', '3', '4', '5'].map((id) => vm(id));
  assert.deepEqual(placesOf(snapshot([node('a'), node('b', { cpus: 3 })], vms), 'pack'), { 1: 'b', 2: 'b', 3: 'b', 4: 'a', 5: 'a' });
});

test('CR4 round-robin takes the next node whatever its load, continues at its position, also past a node that is gone', () => {
  const nodes = [node('a'), node('b', { memory: 64 * gibibyte }), node('c')];
  const given = snapshot(nodes, [vm('1'), vm('2')]);
  const first = schedule({ ...given, cursor: 'a' }, { ...options, policy: 'round-robin' });
  assert.deepEqual([first.assignments.map(({ nodeId }) => nodeId), first.cursor], [['id-b', 'id-c'], 'c']);
  assert.deepEqual(placesOf({ ...given, cursor: 'c' }, 'round-robin'), { 1: 'a', 2: 'b' });
  const without = snapshot([node('a'), node('c')], [vm('1')]);
  assert.deepEqual(placesOf({ ...without, cursor: 'b' }, 'round-robin'), { 1: 'c' });
});

test('CR4 a slice has its own policy before that of the controller', () => {
  const vms = [vm('1'), vm('2'), vm('3', { sliceId: 't' }), vm('4', { sliceId: 't' })];
  const slices = [slice('s', 'id-a', { policy: 'pack' }), slice('t', 'id-a')];
  assert.deepEqual(placesOf(snapshot([node('a'), node('b')], vms, slices)), { 1: 'a', 2: 'a', 3: 'b', 4: 'b' });
});

test('CR4 a higher priority comes first, then the older one', () => {
  const vms = [vm('1', { createdAt: 2 }), vm('2', { createdAt: 1 }), vm('3', { createdAt: 3, placement: { priority: 1 } })];
  assert.deepEqual(placesOf(snapshot([node('a', { cpus: 2 })], vms)), { 3: 'a', 2: 'a', 1: null });
});

test('CR4 architecture, firmware, hypervisor, pool, labels, a named node and an image that is there are kept to', () => {
  const cases = [
    { on: node('b', { architecture: 'aarch64' }), image: { ...micro, traits: { ...micro.traits, architecture: 'aarch64' as const } } },
    { on: node('b', { firmwares: ['bios', 'uefi'] }), image: { ...micro, traits: { ...micro.traits, firmware: 'uefi' as const } } },
    { on: node('b', { hypervisors: ['libvirt'] }), image: { ...micro, traits: { ...micro.traits, backend: 'libvirt' as const } } },
    { on: node('b', { firmwares: ['uefi'] }), asks: vm('1', { firmware: 'uefi' }) },
    { on: node('b', {}, { pool: 'fast' }), asks: vm('1', { placement: { pools: ['fast', 'other'] } }) },
    { on: node('b', {}, { labels: { disk: 'ssd', rack: '1' } }), asks: vm('1', { placement: { labels: { disk: 'ssd' } } }) },
    { on: node('b'), asks: vm('1', { placement: { node: 'b' } }) },
    { on: node('b', { images: ['a'.repeat(64)] }), asks: vm('1', { placement: { imagePresent: true } }) },
  ];
  for (const { on, image = micro, asks = vm('1') } of cases) {
    const images = new Map([['i', image]]);
    assert.deepEqual(placesOf({ ...snapshot([node('a'), on], [asks]), images }), { 1: 'b' });
    assert.deepEqual(placesOf({ ...snapshot([node('a')], [asks]), images }), { 1: null });
  }
});

test('CR4 SC11 links that a hypervisor cannot give are had on a node with another one, and waited for with the reason where there is none', () => {
  const zones = node('z', { hypervisors: ['zones'], cpus: 64, memory: 640 * gibibyte }, { hypervisor: 'zones', roles: ['compute'] });
  const nic = (model: NicModel) => ({ name: 'eth0', network: 'lan', model, address: null, mac: null });
  const reason = (asks: PlacementVm) => schedule(snapshot([zones], [asks]), options).assignments[0]?.reason ?? '';
  for (const nics of [[nic('rtl8139')], [nic('virtio'), nic('e1000')]]) {
    assert.deepEqual(placesOf(snapshot([node('a'), zones], [vm('1', { nics })])), { 1: 'a' });
    assert.match(reason(vm('1', { nics })), /z: whose VMs have NICs of one model, virtio or e1000 \(zones\)/);
  }
  assert.deepEqual(placesOf(snapshot([node('a'), zones], [vm('1', { impaired: true })])), { 1: 'a' });
  assert.match(reason(vm('1', { impaired: true })), /z: that cannot impair networks \(zones\)/);
  assert.deepEqual(placesOf(snapshot([node('a'), zones], [vm('1', { nics: [nic('e1000'), nic('e1000')] })])), { 1: 'z' });
});

test('CR4 a node that has the image already is preferred a little', () => {
  const withImage = node('b', { images: ['a'.repeat(64)], memory: 3.9 * gibibyte });
  assert.deepEqual(placesOf(snapshot([node('a'), withImage], [vm('1'), vm('2')])), { 1: 'b', 2: 'a' });
});

test('CR4 a VM waits for its image and for those of its volumes', () => {
  const images = new Map([
    ['i', micro],
    ['j', { ...micro, id: 'j', name: 'debian', content: null }],
  ]);
  const vms = [vm('1', { imageId: 'j' }), vm('2', { volumes: [{ imageId: 'j' }] }), vm('3')];
  const { assignments } = schedule({ ...snapshot([node('a')], vms), images }, options);
  assert.deepEqual(
    assignments.map(({ reason }) => reason),
    ['image debian is being fetched', 'image debian is being fetched', null],
  );
});

test('CR4 what must be together goes to a node that has room for all of it, though a smaller one would have taken the first', () => {
  const vms = [vm('1', { cpus: 2, placement: { affinity: required('2') } }), vm('2', { cpus: 3 })];
  assert.deepEqual(placesOf(snapshot([node('a'), node('b', { cpus: 5, memory: gibibyte })], vms)), { 1: 'b', 2: 'b' });
  assert.deepEqual(placesOf(snapshot([node('a'), node('b')], vms)), { 1: null, 2: null });
});

test('CR4 what comes later goes to the VM that it must be with, and away from the one that must be without it', () => {
  const there = vm('1', { nodeId: 'id-a', placement: { antiAffinity: required('3') } });
  const vms = [there, vm('2', { placement: { affinity: required('1') } }), vm('3')];
  assert.deepEqual(placesOf(snapshot([node('a'), node('b')], vms)), { 2: 'a', 3: 'b' });
  assert.deepEqual(placesOf(snapshot([node('a', { cpus: 1 }), node('b')], vms)), { 2: null, 3: 'b' });
});

test('CR4 rules count for VMs of the same slice only', () => {
  const apart = { antiAffinity: required('other') };
  const vms = [vm('1', { placement: apart }), vm('2', { name: 'other', sliceId: 't', nodeId: 'id-a' })];
  assert.deepEqual(placesOf(snapshot([node('a')], vms)), { 1: 'a' });
});

test('CR4 a preferred neighbour outweighs load, and yields to what is possible', () => {
  const there = vm('1', { nodeId: 'id-a', cpus: 2 });
  const near = vm('2', { placement: { affinity: preferred('1') } });
  const far = vm('3', { cpus: 3, placement: { antiAffinity: preferred('1') } });
  assert.deepEqual(placesOf(snapshot([node('a'), node('b')], [there, near])), { 2: 'a' });
  assert.deepEqual(placesOf(snapshot([node('a', { cpus: 2 }), node('b')], [there, near])), { 2: 'b' });
  assert.deepEqual(placesOf(snapshot([node('a', { cpus: 64, memory: 640 * gibibyte }), node('b')], [there, far])), { 3: 'b' });
  assert.deepEqual(placesOf(snapshot([node('a', { cpus: 5 })], [there, far])), { 3: 'a' });
});

test('CR4 a slice that is placed together gets all of its places as one group, or none', () => {
  const slices = [slice('s', 'id-a', { together: true })];
  const vms = [vm('1', { cpus: 1 }), vm('2', { cpus: 1 }), vm('3', { cpus: 4 })];
  const { assignments } = schedule(snapshot([node('a'), node('b')], vms, slices), options);
  assert.deepEqual(
    assignments.map((one) => one.kind === 'vm' && [one.id, one.nodeId, one.group]),
    [
      ['3', 'id-a', '1'],
      ['1', 'id-b', '1'],
      ['2', 'id-b', '1'],
    ],
    'the largest first where the given order does not fit',
  );
  assert.deepEqual(placesOf(snapshot([node('a')], vms, slices)), { 1: null, 2: null, 3: null });
  assert.deepEqual(placesOf(snapshot([node('a')], [...vms, vm('4', { sliceId: 't' })], slices)), { 1: null, 2: null, 3: null, 4: 'a' });
});

test('CR4 a reason that is recorded already is not decided again', () => {
  const waiting = vm('1', { memory: 64 * gibibyte });
  const [first] = schedule(snapshot([node('a')], [waiting]), options).assignments;
  assert.deepEqual(schedule(snapshot([node('a')], [{ ...waiting, pendingReason: first?.reason ?? '' }]), options).assignments, []);
});

test('CR5 routers go to network nodes, the one with the fewest first', () => {
  const nodes = [node('a', {}, { roles: ['compute'] }), node('b'), node('c')];
  const { assignments } = schedule(snapshot(nodes, [], [slice('1', 'id-b'), slice('2'), slice('3')]), options);
  assert.deepEqual(
    assignments.map(({ id, nodeId }) => [id, nodeId]),
    [
      ['2', 'id-c'],
      ['3', 'id-b'],
    ],
  );
});

test('CR5 a router leaves a node that died, but only after the grace time and only where another can take it', () => {
  const since = options.now - options.routerGrace;
  const dead = node('a', { status: 'unreachable', since });
  const moved = schedule(snapshot([dead, node('b')], [], [slice('1', 'id-a')]), options);
  assert.deepEqual(moved.assignments, [{ kind: 'router', id: '1', from: 'id-a', nodeId: 'id-b', reason: null }]);
  const fresh = node('a', { status: 'unreachable', since: since + 1 });
  assert.deepEqual(schedule(snapshot([fresh, node('b')], [], [slice('1', 'id-a')]), options).assignments, []);
  assert.deepEqual(schedule(snapshot([dead], [], [slice('1', 'id-a')]), options).assignments, []);
});

test('CR1 a router leaves a draining node at once, and stays where no other can take it', () => {
  const draining = node('a', { administration: 'draining' });
  const moved = schedule(snapshot([draining, node('b')], [], [slice('1', 'id-a')]), options);
  assert.deepEqual(moved.assignments, [{ kind: 'router', id: '1', from: 'id-a', nodeId: 'id-b', reason: null }]);
  assert.deepEqual(schedule(snapshot([draining], [], [slice('1', 'id-a')]), options).assignments, []);
});

test('CR5 a VM on an unreachable node is never placed a second time', () => {
  const dead = node('a', { status: 'unreachable', since: 0 });
  assert.deepEqual(schedule(snapshot([dead, node('b')], [vm('1', { nodeId: 'id-a' })]), options).assignments, []);
});
