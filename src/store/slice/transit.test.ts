import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transitCidr, transitCount } from './transit.ts';

test('CR5 transit networks are consecutive /30s of their range', () => {
  assert.equal(transitCount('100.64.0.0/16'), 16_384);
  assert.equal(transitCount('100.64.0.0/30'), 1);
  assert.equal(transitCidr('100.64.0.0/16', 0), '100.64.0.0/30');
  assert.equal(transitCidr('100.64.0.0/16', 65), '100.64.1.4/30');
  assert.equal(transitCidr('240.0.0.0/8', 2 ** 22 - 1), '240.255.255.252/30');
});

test('CR5 a range that no transit network fits in is refused', () => {
  for (const range of ['100.64.0.0/31', '100.64.0.1/24', '100.64.0.0', 'x/8']) {
    assert.throws(() => transitCount(range), { code: 'input.invalid' }, range);
  }
});
