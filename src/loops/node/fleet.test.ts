import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fleet } from './fleet.ts';
import type { NodeWorker } from './worker.ts';

test('CR1 a node that is being cleaned gets no worker, which would recreate what is removed', async () => {
  const made: string[] = [];
  const fleet = new Fleet((nodeId) => {
    made.push(nodeId);
    return { wake: () => undefined, stop: async () => undefined } as unknown as NodeWorker;
  });
  await fleet.keep(['a', 'b']);
  await fleet.retire('a');
  await fleet.keep(['a', 'b']);
  assert.deepEqual([made, fleet.worker('a')], [['a', 'b'], null]);
  fleet.resume('a');
  await fleet.keep(['a', 'b']);
  assert.deepEqual(made, ['a', 'b', 'a']);
  await fleet.stop();
});
