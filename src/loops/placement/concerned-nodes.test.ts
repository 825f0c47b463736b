import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slice } from '../../model/slice/slice.ts';
import { unobserved, type Vm } from '../../model/vm/vm.ts';
import { concernedNodes } from './concerned-nodes.ts';

const vm = (nodeId: string | null, rest: Partial<Vm> = {}): Vm =>
  ({ nodeId, sliceId: 's', desired: 'running', generation: 2, observed: { ...unobserved, settledGeneration: 2 }, ...rest }) as Vm;
const slice = (id: string, routerNodeId: string | null, rest: Partial<Slice> = {}): Slice =>
  ({ id, routerNodeId, generation: 5, desired: 'running', ...rest }) as Slice;
const told = new Map([['s', 5]]);
const concerned = (vms: Vm[], slices: Slice[], seen = told): string[] => [...concernedNodes(vms, slices, seen)].sort();

test('CR9 where all is as desired no node is concerned', () => {
  assert.deepEqual(concerned([vm('a'), vm(null)], [slice('s', 'b')]), []);
});

test('CR9 a VM that is not as desired concerns its node and its router’s', () => {
  assert.deepEqual(concerned([vm('a', { generation: 3 }), vm('c')], [slice('s', 'b')]), ['a', 'b']);
  assert.deepEqual(concerned([vm('a', { desired: 'absent' })], [slice('s', null)]), ['a']);
});

test('CR9 a slice that was changed or is being removed concerns its router’s node', () => {
  assert.deepEqual(concerned([], [slice('s', 'b', { generation: 6 })]), ['b']);
  assert.deepEqual(concerned([], [slice('s', 'b')], new Map()), ['b']);
  assert.deepEqual(concerned([], [slice('s', 'b', { desired: 'absent' })]), ['b']);
});
