import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resizeGuest } from './balloon.ts';

/** A guest that obeys at once. */
function guest(has: number, spare: number | null) {
  const asked: number[] = [];
  return {
    asked,
    async ask(bytes: number) {
      asked.push(bytes);
      has = bytes;
      return true;
    },
    actual: async () => has,
    available: async () => spare,
  };
}

test('SC11 a guest that uses more than it is to have is not asked; one that does not say is', async () => {
  for (const [spare, obeys] of [
    [29_999, false],
    [30_000, true],
    [null, true],
  ] as const) {
    const balloon = guest(100_000, spare);
    assert.equal(await resizeGuest(balloon, 100_000, 70_000), obeys);
    assert.deepEqual(balloon.asked, obeys ? [70_000] : []);
  }
});

test('SC11 a guest that gets memory is not asked what it uses', async () => {
  const balloon = { ...guest(70_000, null), available: () => Promise.reject(new Error('it was asked')) };
  assert.equal(await resizeGuest(balloon, 70_000, 100_000), true);
});
