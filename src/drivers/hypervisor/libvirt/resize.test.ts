import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMemory } from './resize.ts';

test('SC11 what a guest says of its memory is read in bytes, and what it does not say is missing', () => {
  const said = readMemory('actual 131072\nlast_update 1796000000\nusable 51200\nrss 90000\n\n');
  assert.deepEqual([said.get('actual'), said.get('last_update'), said.get('usable')], [2 ** 27, 1_796_000_000, 50 * 2 ** 20]);
  assert.equal(readMemory('actual 131072\n').get('usable'), undefined);
});
