import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskFailure } from './qemu-img.ts';

test('SC10 a full disk is distinguished from other failures, each with the words of qemu-img', () => {
  const failure = (stderr: string) => diskFailure('the disk', { code: 1, stdout: '', stderr }, 'n1');
  assert.equal(failure('qemu-img: No space left on device').code, 'disk.full');
  const locked = failure('Failed to get "write" lock');
  assert.deepEqual([locked.code, locked.message], ['command.failed', 'the disk: Failed to get "write" lock']);
  for (const error of [failure('No space left on device'), locked]) assert.ok(error.node === 'n1' && error.hint !== undefined);
});
