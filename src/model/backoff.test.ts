import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

test('CR16 what failed waits twice as long after each failure, from the first wait to the longest', () => {
  const backoff = new Backoff({ first: 5, longest: 30 });
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5000].map((failures) => backoff.wait(failures)),
    [0, 5, 10, 20, 30, 30],
  );
  assert.equal(backoff.retryAt(2, 100), 110);
  assert.deepEqual(
    [0, 1, 9].map((failures) => new Backoff({ first: 1, longest: 8, least: 2 }).wait(failures)),
    [2, 2, 8],
  );
});

test('CR16 what went well for long has its failures forgiven', () => {
  const backoff = new Backoff({ first: 5, longest: 30, forgivenAfter: 600 });
  assert.deepEqual([backoff.forgives(100, 699), backoff.forgives(100, 700), backoff.forgives(null, 700)], [false, true, false]);
  assert.equal(new Backoff({ first: 5, longest: 30 }).forgives(0, 1e15), false);
});
