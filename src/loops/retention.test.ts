import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Retention } from './retention.ts';

test('CR16 what is kept no longer is deleted in small parts, one after the other, until nothing is left of it', async () => {
  const left = { events: 1_200, tasks: 3 };
  const asked: { kept: number; since: number }[] = [];
  const done = Promise.withResolvers<void>();
  const from = (what: keyof typeof left) => ({
    prune: async (bounds: { kept: number; since: number }, most: number) => {
      asked.push(bounds);
      const deleted = Math.min(most, left[what]);
      left[what] -= deleted;
      if (what === 'tasks' && left.events === 0) done.resolve();
      return deleted;
    },
  });
  const retention = new Retention({
    store: { events: from('events'), tasks: from('tasks') } as never,
    events: { number: 10, age: 100 },
    tasks: { number: 20, age: 200 },
    now: () => 1_000,
    failed: done.reject,
  });
  retention.wake();
  await done.promise;
  await retention.stop();
  assert.deepEqual(left, { events: 0, tasks: 0 });
  assert.deepEqual(asked.slice(0, 2), [
    { kept: 10, since: 900 },
    { kept: 20, since: 800 },
  ]);
  assert.equal(asked.length, 6);
});
