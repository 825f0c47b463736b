import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSize, parseSize, sizePattern } from './unit.ts';

test('CR9 sizes count by 1024 in IEC units and bare letters, by 1000 in SI units', () => {
  assert.equal(parseSize('256MiB'), 256 * 1024 ** 2);
  assert.equal(parseSize('512M'), 512 * 1024 ** 2);
  assert.equal(parseSize('1.5 GiB'), 1.5 * 1024 ** 3);
  assert.equal(parseSize('20GB'), 20e9);
  assert.equal(parseSize('7kB'), 7000);
  assert.equal(parseSize('7B'), 7);
});

test('CR9 what is no size is refused', () => {
  for (const text of ['', '256', '-1MiB', '1e3MiB', 'MiB', '1 mib', '1PiB', '0.3B', '999999999999999TiB', '1MiB\n', ' 1MiB']) {
    assert.equal(parseSize(text), null, JSON.stringify(text));
  }
});

test('CR9 every size is written so that it reads back the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 46 }), (bytes) => {
      assert.match(formatSize(bytes), sizePattern);
      assert.equal(parseSize(formatSize(bytes)), bytes);
    }),
  );
  assert.equal(formatSize(256 * 1024 ** 2), '256MiB');
});
