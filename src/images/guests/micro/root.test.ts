import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLibraries } from './root.ts';

test("SC10 libraries are read from what the loader lists, without the loader and the kernel's own", () => {
  const listing =
    '\tlinux-vdso.so.1 (0x00007f)\n\tlibc.so.6 => /p/lib/libc.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 => /p/ld (0x00007f)\n';
  assert.deepEqual(parseLibraries(listing), [['libc.so.6', '/p/lib/libc.so.6']]);
});
