import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOverlay, grow, virtualSize } from './qemu-img.ts';

const failed = (stderr: string) => ({ code: 1, stdout: '', stderr });

test('SC10 an overlay names its base and its base format, so that none is guessed', () => {
  assert.deepEqual(createOverlay('/i/a.raw', 'raw'), ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/i/a.raw']);
});

test("SC10 a disk's size is its own, not that of the files that it is made of", () => {
  const stdout = '{"children":[{"name":"file","info":{"virtual-size":197120}}],"virtual-size":1048576}';
  assert.equal(virtualSize('/d').parse({ code: 0, stdout, stderr: '' }), 1_048_576);
  assert.throws(() => virtualSize('/d').parse({ code: 0, stdout: '{}', stderr: '' }), { code: 'command.failed' });
});

test('SC10 a full disk is told from other failures, each with the words of qemu-img', () => {
  assert.throws(() => grow('/d', 1).parse(failed('qemu-img: No space left on device')), { code: 'disk.full', message: /No space left/ });
  assert.throws(() => grow('/d', 1).parse(failed('Failed to get "write" lock')), { code: 'command.failed', message: /write" lock/ });
});
