import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConcurrencyLimit } from './concurrency-limit.ts';

test('SC11 of many who ask at once a few work at a time, in order, also where one of them fails', async () => {
  const limit = new ConcurrencyLimit(2);
  const begun: number[] = [];
  let working = 0;
  let most = 0;
  const work = async (index: number): Promise<number> => {
    begun.push(index);
    working += 1;
    most = Math.max(most, working);
    await Promise.resolve();
    working -= 1;
    if (index === 1) throw new Error('as the test wants it');
    return index;
  };
  const outcomes = await Promise.allSettled([0, 1, 2, 3, 4].map((index) => limit.run(() => work(index))));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual([begun, most], [[0, 1, 2, 3, 4], 2]);
});
