import assert from 'node:assert/strict';
import { test } from 'node:test';
import { node, slice, vm } from '../../../test/support/placement.ts';
import { type DrainState, drainOutcome } from './drain-outcome.ts';

const draining = node('n1', { administration: 'draining' });
const other = node('n2');
const here = (id: string, rest: Parameters<typeof vm>[1] = {}) => vm(id, { nodeId: 'id-n1', ...rest });
const outcome = (state: Partial<DrainState>) => drainOutcome({ name: 'n1', nodes: [draining, other], vms: [], slices: [], ...state });

test('CR1 a drain continues while a VM moves, is yet to be decided on, or is being removed', () => {
  assert.equal(outcome({ vms: [here('a', { movingTo: 'id-n2' })] }), null);
  assert.equal(outcome({ vms: [here('a')] }), null);
  assert.equal(outcome({ vms: [{ ...here('a'), desired: 'absent' }] }), null);
  assert.equal(outcome({ slices: [slice('s', 'id-n1')] }), null);
});

test('CR1 a drain ends when only what cannot leave is left, and names it', () => {
  assert.deepEqual(outcome({ vms: [vm('b', { nodeId: 'id-n2' })] }), { state: 'done', message: 'nothing is left on it' });
  const stays = { vms: [here('a', { stayReason: 'no node has room' })], slices: [slice('s', 'id-n1')], nodes: [draining] };
  assert.deepEqual(outcome(stays), {
    state: 'done',
    message: 'what stays: s/a: no node has room; router of s: no other node takes routers now',
  });
  const lost = node('n1', { administration: 'draining', status: 'unreachable' });
  assert.equal(
    outcome({ nodes: [lost, other], vms: [{ ...here('a'), desired: 'absent' }] })?.message,
    'what stays: s/a: it is being removed',
  );
});

test('CR1 a drain ends where its node is used again or gone', () => {
  assert.deepEqual(outcome({ nodes: [node('n1'), other] }), { state: 'failed', message: 'node n1 is in use again' });
  assert.deepEqual(outcome({ nodes: [other] }), { state: 'done', message: 'node n1 was removed' });
});
