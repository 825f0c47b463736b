import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assignment } from '../model/assignment.ts';
import { node, slice, snapshot, vm } from '../scheduler/sample-snapshot.ts';
import { placementNews } from './placement-news.ts';

test('CR4 every assignment that was accepted is told of, with where from, where to and why', () => {
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
