import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveBack } from './give-back.ts';

test('SC8 memory is given back with its last piece, and never from under what shares it', () => {
  const large = Buffer.alloc(128 * 1024, 1);
  giveBack(large.subarray(0, 100));
  assert.equal(large.length, 128 * 1024);
  giveBack(large.subarray(100));
  assert.equal(large.length, 0);
  const whole = Buffer.alloc(10, 2);
  giveBack(whole);
  assert.equal(whole.length, 0);
  const pooled = Array.from({ length: 5000 }, (_, index) => Buffer.from(`piece ${index}`));
  for (const piece of pooled) giveBack(piece);
  assert.ok(pooled.every((piece, index) => piece.toString() === `piece ${index}`));
});
