import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Retries } from './retries.ts';

test('CR12 what failed on a node is tried again, later each time, until it succeeds', () => {
  const retries = new Retries();
  const waits = (now: number) => retries.postponed(now).has('f');
  assert.equal(retries.failed('f', 0), 5_000);
  const first = [1, 1_000, 10_000, 100_000, 1_000_000].find((now) => !waits(now)) ?? 0;
  retries.failed('f', 0);
  retries.failed('f', 0);
  assert.deepEqual([waits(first), waits(1_000_000)], [true, false]);
  for (let attempt = 0; attempt < 50; attempt += 1) retries.failed('f', 0);
  assert.equal(waits(301_000), false);
  assert.deepEqual([...retries.postponed(1)], ['f']);
  retries.succeeded('f');
  assert.equal(waits(1), false);
  const hasty = new Retries(7_000);
  assert.deepEqual(
    [1, 2, 3].map(() => hasty.failed('f', 0)),
    [5_000, 7_000, 7_000],
  );
});
