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

test('SC11 a guest that uses its memory is not asked to give it back', async () => {
  const balloon = balloonThat({ available: async () => 10 * mebibyte });
  assert.equal(await resizeGuest(balloon, 128 * mebibyte, 64 * mebibyte), false);
  assert.deepEqual(balloon.asked, []);
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
