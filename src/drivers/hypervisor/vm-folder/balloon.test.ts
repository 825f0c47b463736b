import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Balloon, resizeGuest } from './balloon.ts';

const mebibyte = 2 ** 20;

function balloonThat(changes: Partial<Balloon>): Balloon & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    async ask(bytes) {
      asked.push(bytes);
      return true;
    },
    actual: async () => 128 * mebibyte,
    ...changes,
  };
}

test('SC11 a guest that uses more than it is to have is not asked to give it back; one that does not say is', async () => {
  for (const [spare, obeys] of [
    [64 * mebibyte - 1, false],
    [64 * mebibyte, true],
    [null, true],
  ] as const) {
    let has = 128 * mebibyte;
    const ask = async (bytes: number) => {
      has = bytes;
      return true;
    };
    const balloon = balloonThat({ available: async () => spare, actual: async () => has, ask });
    assert.equal(await resizeGuest(balloon, 128 * mebibyte, 64 * mebibyte), obeys);
    assert.equal(has, obeys ? 64 * mebibyte : 128 * mebibyte);
  }
});

test('SC11 a guest that gets memory is not asked what it uses', async () => {
  const balloon = balloonThat({ available: () => Promise.reject(new Error('it was asked')) });
  assert.equal(await resizeGuest(balloon, 64 * mebibyte, 128 * mebibyte), true);
});

test('SC11 a guest that does not move is looked at for so long and no longer, however long a look takes', async () => {
  let looks = 0;
  const look = 500;
  const balloon = balloonThat({
    async actual() {
      looks += 1;
      await delay(look);
      return 128 * mebibyte;
    },
  });
  assert.equal(await resizeGuest(balloon, 128 * mebibyte, 64 * mebibyte), false);
  assert.deepEqual(balloon.asked, [64 * mebibyte, 128 * mebibyte]);
  assert.ok(looks <= 8, `${looks} looks`);
});
