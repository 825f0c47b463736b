import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unobserved, type Vm, type VmObserved } from '../../model/vm/vm.ts';
import { vmNews } from './vm-news.ts';

const runs: VmObserved = { ...unobserved, state: 'running', settledGeneration: 1 };

function news(before: Partial<VmObserved>, now: Partial<VmObserved>, desired: Vm['desired'] = 'running') {
  const row = { id: 'a', slice: 's', name: 'web', desired, generation: 2, observed: { ...runs, ...before } } as Vm;
  return vmNews([row], [{ id: 'a', observed: now }]).map(({ kind, message }) => [kind, message]);
}

test('SC11 changes that wait for the next start of a running VM are reported once', () => {
  const waiting = { state: 'running', reason: 'its next start brings CPUs 1 → 2', settledGeneration: 2 } as const;
  assert.deepEqual(news({}, waiting), [['vm.waiting', 'its next start brings CPUs 1 → 2']]);
  assert.deepEqual(news({ reason: waiting.reason }, waiting), []);
  assert.deepEqual(news({ reason: waiting.reason }, { ...waiting, reason: null }), []);
  assert.deepEqual(news({}, { ...waiting, settledGeneration: 1 }), [], 'not settled');
});

test('CR16 a VM that ran and should run has ended, one that should not has not', () => {
  assert.deepEqual(news({}, { state: 'failed', reason: null }), [['vm.ended', 'its process is gone']]);
  assert.deepEqual(news({}, { state: 'stopped', reason: 'its guest powered off' }), [['vm.ended', 'its guest powered off']]);
  assert.deepEqual(news({}, { state: 'stopped' }, 'stopped'), []);
  assert.deepEqual(news({ state: 'stopped' }, { state: 'failed' }), []);
});
