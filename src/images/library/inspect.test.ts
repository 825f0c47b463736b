import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CroftError } from '../../model/error.ts';
import { inspectImage } from './inspect.ts';

/** A qcow2 header, version 3, of a disk of 1 MiB; offsets as in QEMU's docs/interop/qcow2.txt. */
function qcow2Header(change: (header: Buffer) => void): Buffer {
  const header = Buffer.alloc(512);
  header.write('QFI\xfb', 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(1024n ** 2n, 24);
  header.writeUInt32BE(1, 36);
  header.writeBigUInt64BE(104n, 40);
  change(header);
  return header;
}

test('CR12 a qcow2 that is encrypted, corrupt or cut short is refused with the reason', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-inspect-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'disk');
  for (const { change, says } of [
    { change: (header: Buffer) => header.writeUInt32BE(1, 32), says: /encrypted/ },
    { change: (header: Buffer) => header.writeUInt32BE(2, 32), says: /encrypted/ },
    { change: (header: Buffer) => header.writeBigUInt64BE(2n, 72), says: /marked as corrupt/ },
    { change: (header: Buffer) => header.writeBigUInt64BE(1n << 32n, 40), says: /cut short/ },
    { change: (header: Buffer) => header.writeUInt32BE(1000, 36), says: /cut short/ },
  ]) {
    await writeFile(file, qcow2Header(change));
    await assert.rejects(
      inspectImage(file),
      (error) => error instanceof CroftError && error.code === 'image.unusable' && says.test(error.message),
    );
  }
});
