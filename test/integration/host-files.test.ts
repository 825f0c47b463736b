import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readFile, writeFile } from '../../src/host/files.ts';
import { type Host, run } from '../../src/host/host.ts';
import { createSshHost } from '../../src/host/ssh-host.ts';
import { CroftError } from '../../src/model/error.ts';
import { type Sshd, sshdMissing, startSshd } from './sshd.ts';

describe('CR8 files on a node', { skip: sshdMissing }, () => {
  let sshd: Sshd;
  let host: Host;
  let home: string;
  let small: string;
  before(async () => {
    sshd = await startSshd({ smallDisk: '1m' });
    home = join(sshd.folder, 'home');
    small = join(sshd.folder, 'small');
    host = createSshHost({ name: 'node1', target: sshd.target, sudo: null });
  });
  after(async () => {
    await host?.close();
    await sshd?.[Symbol.asyncDispose]();
  });
  const names = async (folder: string) => (await run(host, { argv: ['ls', '-A', folder] })).stdout;
  const full = (path: string) => (error: unknown) => {
    assert.ok(error instanceof CroftError, String(error));
    assert.equal(error.code, 'disk.full', error.message);
    assert.ok(error.message.includes(path));
    assert.match(error.message, /\(1024 KiB are free there\)/);
    return true;
  };

  test('CR8 a file is written with mode and owner, and read back; a missing one is null', async () => {
    const path = join(home, "o'dd $(name)");
    for (const text of ['first\n', '', 'ü without newline']) {
      await writeFile(host, { path, content: text, mode: 0o600, owner: '12:34' });
      assert.equal(await readFile(host, path), text);
    }
    const { mode, uid, gid } = await stat(path);
    assert.deepEqual([mode & 0o777, uid, gid], [0o600, 12, 34]);
    assert.deepEqual(await readdir(home), ["o'dd $(name)"]);
    assert.equal(await readFile(host, join(home, 'none')), null);
  });

  test('CR8 what cannot be written or read says why', async () => {
    await assert.rejects(writeFile(host, { path: home, content: '' }), { code: 'command.failed', message: /is a folder/ });
    await assert.rejects(writeFile(host, { path: join(home, 'no/file'), content: '' }), {
      code: 'command.failed',
      message: /No such file/,
    });
    await assert.rejects(readFile(host, home), { code: 'command.failed' });
  });

  test('CR8 a full disk is named with its free space, and nothing stays', async () => {
    const path = join(small, 'file');
    await assert.rejects(writeFile(host, { path, content: Buffer.alloc(2_000_000) }), full(path));
    assert.equal(await names(small), '');
  });
});
