import assert from 'node:assert/strict';
import { test } from 'node:test';
import { node, slice, snapshot, vm } from '../../../test/support/placement.ts';
import type { Assignment } from '../../model/placement/assignment.ts';
import { placementNews } from './news.ts';

test('CR4 every assignment that was accepted is reported, with its source, its target and its reason', () => {
  const given = snapshot([node('a'), node('b')], [vm('1'), vm('2', { nodeId: 'id-a' })], [slice('s')]);
  const move = { kind: 'move', id: '2', from: 'id-a', instead: null, group: null } as const;
  const assignments: Assignment[] = [
    { kind: 'vm', id: '1', from: null, nodeId: 'id-b', reason: null, group: null },
    { kind: 'vm', id: '1', from: null, nodeId: null, reason: 'no room', group: null },
    { kind: 'router', id: 's', from: null, nodeId: 'id-a', reason: null },
    { ...move, nodeId: 'id-b', reason: null },
    { ...move, nodeId: null, reason: 'no other node fits' },
    { ...move, nodeId: null, reason: null },
    { kind: 'vm', id: 'refused', from: null, nodeId: 'id-b', reason: null, group: null },
  ];
  assert.deepEqual(
    placementNews(assignments, given, new Set(['refused'])).map((event) => [event.kind, event.node, event.slice, event.vm, event.message]),
    [
      ['vm.placed', 'b', 's', '1', 'placed on b'],
      ['vm.pending', null, 's', '1', 'pending: no room'],
      ['router.placed', 'a', 's', undefined, 'placed on a'],
      ['vm.moving', 'a', 's', '2', 'leaves a for b'],
      ['vm.stays', 'a', 's', '2', 'stays on a: no other node fits'],
      ['vm.stays', 'a', 's', '2', 'stays on a, which is in use again'],
    ],
  );
});

test('CR4 a VM that waits for the same thing is reported once, however the free resources change', () => {
  const given = snapshot([node('a')], [vm('1', { pendingReason: 'needs 2 CPUs; a: 1 CPU free' })]);
  const pending = (reason: string): Assignment => ({ kind: 'vm', id: '1', from: null, nodeId: null, reason, group: null });
  assert.deepEqual(placementNews([pending('needs 2 CPUs; a: 0 CPUs free')], given, new Set()), []);
  assert.equal(placementNews([pending('is larger than any node: needs 2 CPUs')], given, new Set()).length, 1);
});
