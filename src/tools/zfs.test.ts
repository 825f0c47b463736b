import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { volumeSize, zfsFailure } from './zfs.ts';

test('SC11 a volume has whole mebibytes, and never less than was asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (bytes) => {
      const size = volumeSize(bytes);
      return size % 2 ** 20 === 0 && size >= bytes && size - bytes < 2 ** 20;
    }),
  );
});

test('SC11 a full pool and a volume in use are distinguished from other failures, in the words of zfs', () => {
  const code = (stderr: string) => zfsFailure('it failed', { code: 1, stdout: '', stderr }).code;
  assert.equal(code("cannot create 'p/v': out of space"), 'disk.full');
  assert.equal(code('dd: writing: No space left on device'), 'disk.full');
  assert.equal(code("cannot destroy 'p/v': dataset is busy"), 'conflict.in-use');
  assert.equal(code("cannot open 'p/v': dataset does not exist"), 'command.failed');
  assert.match(zfsFailure('it failed', { code: 3, stdout: '', stderr: '' }).message, /exit code 3/);
});
