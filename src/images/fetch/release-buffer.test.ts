import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseBuffer } from './release-buffer.ts';

test('SC8 memory is given back with its last piece, and never from under what shares it', () => {
  const large = Buffer.alloc(128 * 1024, 1);
  releaseBuffer(large.subarray(0, 100));
  assert.equal(large.length, 128 * 1024);
  releaseBuffer(large.subarray(100));
  assert.equal(large.length, 0);
  const whole = Buffer.alloc(10, 2);
  releaseBuffer(whole);
  assert.equal(whole.length, 0);
  // Of a length at which a buffer ends where the shared memory does.
  const wordsOf = (index: number) => `piece ${String(index).padStart(10)}`;
  const pooled = Array.from({ length: 10_000 }, (_, index) => Buffer.from(Buffer.alloc(16, wordsOf(index))));
  assert.ok(pooled.some(({ buffer, byteOffset, length }) => byteOffset + length === buffer.byteLength));
  for (const piece of pooled) releaseBuffer(piece);
  assert.ok(pooled.every((piece, index) => piece.toString() === wordsOf(index)));
});
