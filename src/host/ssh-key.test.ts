import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CroftError } from '../model/error.ts';
import { readPrivateKey } from './ssh-key.ts';

test('CR5 a key file that has no end, is a folder or far too large is refused before it is read', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-key-'));
  context.after(() => rm(folder, { recursive: true }));
  const huge = path.join(folder, 'huge');
  await writeFile(huge, '');
  await truncate(huge, 1024 ** 4);
  for (const { file, says } of [
    { file: '/dev/zero', says: /not a regular file/ },
    { file: folder, says: /not a regular file/ },
    { file: huge, says: /too large for a key/ },
  ]) {
    await assert.rejects(
      readPrivateKey('n1', file),
      (error) => error instanceof CroftError && error.code === 'node.auth' && error.message.includes(file) && says.test(error.message),
    );
  }
});
