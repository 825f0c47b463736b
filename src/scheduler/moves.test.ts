import assert from 'node:assert/strict';
import { test } from 'node:test';
import { node, options, required, snapshot, vm } from '../../test/support/placement.ts';
import type { MoveAssignment, PlacementSnapshot } from '../model/placement/assignment.ts';
import { schedule } from './schedule.ts';

function movesOf(given: PlacementSnapshot): MoveAssignment[] {
  return schedule(given, options).assignments.flatMap((one) => (one.kind === 'move' ? [one] : []));
}

/** `VM → NODE`, `VM stays: REASON`. */
function inWords(given: PlacementSnapshot): string[] {
  return movesOf(given).map(({ id, nodeId, reason }) =>
    nodeId === null ? `${id} stays: ${reason}` : `${id} → ${nodeId.replace('id-', '')}`,
  );
}

const draining = node('a', { administration: 'draining' });
const here = { nodeId: 'id-a' };

test('CR1 a stopped VM and one that is restarted leave a draining node; one that runs without restart or is paused stays and says so', () => {
  const vms = [
    vm('1', { ...here, restart: 'never' }),
    vm('2', { ...here, restart: 'never', desired: 'stopped' }),
    vm('3', { ...here, restart: 'on-failure' }),
    vm('4', { ...here, desired: 'paused' }),
  ];
  assert.deepEqual(inWords(snapshot([draining, node('b')], vms)), [
    '1 stays: runs with restart: never; stop it to let it move',
    '4 stays: is paused; resume or stop it to let it move',
    '2 → b',
    '3 → b',
  ]);
});

test('CR1 a VM that fits on no other node stays and says why, without the node that it is on', () => {
  const other = vm('2', { nodeId: 'id-b', cpus: 4 });
  assert.deepEqual(inWords(snapshot([draining, node('b')], [vm('1', here), other])), [
    '1 stays: no other node fits: needs 1 CPU; b: 0 CPUs free; would fit on b if s/2 (4 CPUs) were removed',
  ]);
  assert.deepEqual(inWords(snapshot([draining], [vm('1', here)])), ['1 stays: no other node fits: there is no other node']);
  const bound = vm('1', { ...here, placement: { node: 'a' } });
  assert.deepEqual(inWords(snapshot([draining, node('b')], [bound])), ['1 stays: no other node fits: it asks for node a itself']);
});

test('SC11 a VM leaves for a node with the hypervisor that it has, and stays where there is none', () => {
  const from = node('a', { administration: 'draining', hypervisors: ['libvirt'] }, { hypervisor: 'libvirt' });
  const alike = node('c', { hypervisors: ['libvirt'] }, { hypervisor: 'libvirt' });
  assert.deepEqual(inWords(snapshot([from, node('b'), alike], [vm('1', here)])), ['1 → c']);
  assert.deepEqual(inWords(snapshot([from, node('b')], [vm('1', here)])), [
    '1 stays: no other node fits: b: without the hypervisor libvirt',
  ]);
});

test('SC11 a VM stays, and says so, on a node whose hypervisor moves none', () => {
  const hypervisor = { version: '1', limits: [], moves: false };
  const from = node('a', { administration: 'draining', hypervisors: ['zones'], hypervisor }, { hypervisor: 'zones' });
  const alike = node('b', { hypervisors: ['zones'], hypervisor }, { hypervisor: 'zones' });
  assert.deepEqual(inWords(snapshot([from, alike], [vm('1', here)])), ['1 stays: its hypervisor zones moves no VM']);
});

test('CR1 nothing is decided again that is recorded, and a move that is under way is left alone', () => {
  const reason = 'runs with restart: never; stop it to let it move';
  const vms = [vm('1', { ...here, restart: 'never', stayReason: reason }), vm('2', { ...here, movingTo: 'id-b' })];
  assert.deepEqual(movesOf(snapshot([draining, node('b'), node('c')], vms)), []);
});

test('CR1 a move ends when the node is in use again, and so does a reason to stay', () => {
  const vms = [vm('1', { ...here, movingTo: 'id-b' }), vm('2', { ...here, stayReason: 'no room' }), vm('3', here)];
  assert.deepEqual(movesOf(snapshot([node('a'), node('b')], vms)), [
    { kind: 'move', id: '1', from: 'id-a', instead: 'id-b', nodeId: null, reason: null, group: null },
    { kind: 'move', id: '2', from: 'id-a', instead: null, nodeId: null, reason: null, group: null },
  ]);
});

test('CR1 a target that drains or is unreachable beyond the grace time is replaced, or the move ends', () => {
  const moving = vm('1', { ...here, movingTo: 'id-b' });
  const lost = (since: number) => node('b', { status: 'unreachable', since });
  const old = options.now - options.routerGrace;
  assert.deepEqual(movesOf(snapshot([draining, lost(old + 1), node('c')], [moving])), []);
  for (const target of [lost(old), node('b', { administration: 'draining' })]) {
    assert.deepEqual(movesOf(snapshot([draining, target, node('c')], [moving])), [
      { kind: 'move', id: '1', from: 'id-a', instead: 'id-b', nodeId: 'id-c', reason: null, group: null },
    ]);
    const [ended] = movesOf(snapshot([draining, target], [moving]));
    assert.deepEqual([ended?.nodeId, ended?.instead], [null, 'id-b']);
    assert.match(ended?.reason ?? '', /^no other node fits: b: /);
  }
});

test('CR1 nothing leaves a node that does not answer: unknown never means gone', () => {
  const silent = node('a', { administration: 'draining', status: 'unreachable', since: 0 });
  assert.deepEqual(inWords(snapshot([silent, node('b')], [vm('1', here)])), [
    '1 stays: its node is unreachable, and what may run there is not copied',
  ]);
});

test('CR1 VMs that must be together move together, as one group, or stay together', () => {
  const pair = [vm('1', { ...here, cpus: 2, placement: { affinity: required('2') } }), vm('2', { ...here, cpus: 2 })];
  const moves = movesOf(snapshot([draining, node('b', { cpus: 3 }), node('c')], pair));
  assert.deepEqual(
    moves.map(({ id, nodeId, group }) => [id, nodeId, group]),
    [
      ['1', 'id-c', '1'],
      ['2', 'id-c', '1'],
    ],
  );
  assert.equal(inWords(snapshot([draining, node('b', { cpus: 3 })], pair)).length, 2);
  const held = [pair[0] ?? vm('1'), vm('2', { ...here, restart: 'never' })];
  assert.deepEqual(inWords(snapshot([draining, node('b')], held)), [
    '1 stays: must be on the same node as s/2, which stays: runs with restart: never; stop it to let it move',
    '2 stays: runs with restart: never; stop it to let it move',
  ]);
});

test('CR4 a new VM that must be with one that leaves its node gets a place in the same pass, also where it is the older one', () => {
  const bound = vm('1', { placement: { affinity: required('2') } });
  assert.deepEqual(inWords(snapshot([draining, node('b')], [bound, vm('2', here)])), ['2 → b']);
  const { assignments } = schedule(snapshot([draining, node('b')], [bound, vm('2', here)]), options);
  assert.deepEqual(
    assignments.map(({ id, nodeId }) => [id, nodeId]),
    [
      ['1', 'id-b'],
      ['2', 'id-b'],
    ],
  );
});

test('CR1 a VM that moves takes its share on both nodes', () => {
  const moving = vm('1', { ...here, cpus: 3, movingTo: 'id-b' });
  const { assignments } = schedule(snapshot([draining, node('b')], [moving, vm('2', { cpus: 2 })]), options);
  assert.deepEqual(
    assignments.map(({ id, nodeId }) => [id, nodeId]),
    [['2', null]],
  );
});

test('CR1 where a VM moves to and where it comes from are both closed to those that must be apart from it', () => {
  const moving = vm('1', { ...here, movingTo: 'id-b', placement: { antiAffinity: required('2') } });
  const { assignments } = schedule(snapshot([draining, node('b'), node('c')], [moving, vm('2')]), options);
  assert.deepEqual(
    assignments.map(({ id, nodeId }) => [id, nodeId]),
    [['2', 'id-c']],
  );
});
