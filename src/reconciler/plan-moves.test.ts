/** The plan for VMs that leave for another node, that come from one, and for what is left of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds, nothing, plan, seenPorts, seenVm, wantedVm } from '../../test/support/node-plan.ts';
import { vmObservedStates } from '../model/vm/vm.ts';

test('CR15 what a move left of a VM is destroyed, and a VM that was given up with this node: it must not run twice', () => {
  const seen = [seenVm(wantedVm('l')), seenVm(wantedVm('m'))];
  const result = plan([], seen, seenPorts(), { wanted: { ...nothing, leftovers: ['l'], abandoned: ['m'] } });
  assert.deepEqual(kinds(result), ['destroy', 'destroy']);
  assert.deepEqual(plan([], seen, seenPorts()).strangers, ['l', 'm']);
});

test('CR4 a VM that moves has one step for it all, whatever it was seen to do, and keeps its ports meanwhile', () => {
  const vm = wantedVm('a', { movingTo: 'n2' });
  for (const state of vmObservedStates) {
    if (state === 'none' || state === 'unknown') continue;
    const seen = seenVm(vm, { state });
    const result = plan([vm], [seen]);
    assert.deepEqual(result.steps, [{ kind: 'move', vm, to: 'n2', seen }]);
    assert.deepEqual(result.observations, []);
  }
  assert.deepEqual(plan([vm], []).steps, [{ kind: 'move', vm, to: 'n2', seen: null }]);
  const stopped = { ...vm, desired: 'stopped' as const };
  assert.deepEqual(kinds(plan([stopped], [seenVm(stopped, { state: 'stopped' })])), ['move']);
});

test('CR4 a VM that is being removed is removed where it is, not moved', () => {
  const vm = wantedVm('a', { movingTo: 'n2', desired: 'absent' });
  assert.deepEqual(kinds(plan([vm], [seenVm(vm)])), ['destroy']);
  assert.deepEqual(plan([vm], [], seenPorts()).forget, ['a']);
});

test('CR4 no more moves begin than there is room for, and the others continue as they are', () => {
  const vms = ['a', 'b', 'c'].map((id) => wantedVm(id, { movingTo: 'n2' }));
  const seen = vms.map((vm) => seenVm(vm));
  const result = plan(vms, seen, seenPorts(...vms), { moveSlots: 1 });
  assert.deepEqual(
    result.steps.map((step) => step.kind === 'move' && step.vm.launch.id),
    ['a'],
  );
  assert.deepEqual(
    result.observations.map(({ id, observed }) => [id, observed.state]),
    [
      ['b', 'running'],
      ['c', 'running'],
    ],
  );
});

test('CR4 a VM whose move failed runs on, and started again where it was stopped for it, with the reason until the next try', () => {
  const vm = wantedVm('a', { movingTo: 'n2' });
  const postponedMoves = new Map([['a', 'the move failed: n2 is full']]);
  assert.deepEqual(kinds(plan([vm], [seenVm(vm, { state: 'stopped', pid: null })], seenPorts(), { postponedMoves })), ['launch']);
  const running = plan([vm], [seenVm(vm)], seenPorts(vm), { postponedMoves });
  assert.deepEqual(kinds(running), []);
  assert.equal(running.observations[0]?.observed.reason, 'the move failed: n2 is full');
});

test('CR4 what arrives is left alone; what has arrived of a VM that does not come any more is removed', () => {
  const other = wantedVm('b');
  const wanted = { ...nothing, arriving: ['a', 'b'], leftovers: ['b'] };
  const observed = { vms: [seenVm(other, { state: 'preparing' })], network: seenPorts(), images: [], arrivals: ['a', 'c', 'd'] };
  const result = plan([], [], seenPorts(), { wanted, observed, busy: new Set(['vm:d']) });
  assert.deepEqual(result.steps, [{ kind: 'discardArrival', id: 'c' }]);
  assert.deepEqual(result.strangers, []);
});
