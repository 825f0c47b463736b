import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Digests } from './block-hash.ts';
import { type Algorithm, SparseFile } from './sparse-file.ts';

/** Pieces of data and of zeros, of sizes around those of holes and blocks. */
const pieces = fc.array(
  fc.record({
    byte: fc.constantFrom(0, 7),
    length: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 60_000, max: 1_100_000 }), fc.constant(3_500_000)),
  }),
  { maxLength: 8 },
);
const contentOf = (some: readonly { byte: number; length: number }[]) => some.map(({ byte, length }) => Buffer.alloc(length, byte));
const options = (algorithms: Algorithm[]) => ({ algorithms, durable: true });
const hashOf = (content: Buffer) => createHash('sha256').update(content).digest('hex');

test('SC8 a file written in any pieces, interrupted and resumed, has their content and its hash', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-sparse-'));
  context.after(() => rm(folder, { recursive: true }));
  const name = path.join(folder, 'file');
  // While it is open the hashing thread stays, and need not be started for each run.
  await using _ = await SparseFile.create(path.join(folder, 'open'), options([]));
  await fc.assert(
    fc.asyncProperty(pieces, pieces, async (first, second) => {
      const [before, after] = [contentOf(first), contentOf(second)];
      const length = Buffer.concat(before).length;
      {
        await using file = await SparseFile.create(name, options(['sha256']));
        for (const piece of before) await file.write(piece);
        await file.flush();
        assert.equal(file.digest('sha256'), hashOf(Buffer.concat(before)));
      }
      const { file, restored } = await SparseFile.reopen(name, length, options(['sha256', 'sha512']));
      await using reopened = file;
      const read: Buffer[] = [];
      for await (const piece of restored) read.push(Buffer.from(piece));
      assert.ok(Buffer.concat(read).equals(Buffer.concat(before)));
      for (const piece of after) await reopened.write(piece);
      await reopened.finish();
      const whole = Buffer.concat([...before, ...after]);
      assert.equal(reopened.size, whole.length);
      assert.equal(reopened.digest('sha256'), hashOf(whole));
      assert.ok((await readFile(name)).equals(whole));
    }),
    { numRuns: 40 },
  );
});

test('SC8 long runs of zeros take no room on the disk', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-sparse-'));
  context.after(() => rm(folder, { recursive: true }));
  const name = path.join(folder, 'file');
  await using file = await SparseFile.create(name, options(['sha256']));
  await file.write(Buffer.alloc(100, 1));
  for (let count = 0; count < 16; count++) await file.write(Buffer.alloc(1024 ** 2));
  await file.finish();
  const { size, blocks } = await stat(name);
  assert.equal(size, 16 * 1024 ** 2 + 100);
  assert.ok(blocks * 512 <= 128 * 1024, `${blocks * 512} bytes are allocated`);
});

test('SC8 the bytes so far are reported with their hash while more is written', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-sparse-'));
  context.after(() => rm(folder, { recursive: true }));
  const name = path.join(folder, 'file');
  const parts = [Buffer.alloc(1_500_000, 1), Buffer.alloc(3_000_000), Buffer.alloc(2_000_000, 2)];
  const whole = Buffer.concat(parts);
  for (const durable of [true, false]) {
    await using file = await SparseFile.create(name, { algorithms: ['sha256'], durable });
    const told: { length: number; content: Promise<Buffer>; digests: Promise<Digests> }[] = [];
    for (const part of parts) {
      await file.write(part);
      const [length, digests] = [file.passed, file.settle()];
      told.push({ length, digests, content: digests.then(() => readFile(name)) });
    }
    for (const { length, digests, content } of told) {
      const wanted = whole.subarray(0, length);
      assert.equal((await digests).sha256, hashOf(wanted));
      // Zeros at the end may be missing until the file gets its length.
      const found = (await content).subarray(0, length);
      assert.ok(Buffer.concat([found, Buffer.alloc(length - found.length)]).equals(wanted));
    }
    assert.deepEqual(
      told.map(({ length }) => length),
      [1, 4, 6].map((blocks) => blocks * 1024 ** 2),
    );
  }
});

test('SC8 files that are written at one time have each their own hashes', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-sparse-'));
  context.after(() => rm(folder, { recursive: true }));
  await using one = await SparseFile.create(path.join(folder, 'one'), options(['sha256']));
  {
    await using other = await SparseFile.create(path.join(folder, 'other'), options(['sha512']));
    await Promise.all([one.write(Buffer.alloc(3_000_000, 1)), other.write(Buffer.alloc(2_000_000, 2))]);
    await other.flush();
    assert.equal(other.digest('sha512'), createHash('sha512').update(Buffer.alloc(2_000_000, 2)).digest('hex'));
    assert.throws(() => other.digest('sha256'), /not hashed with sha256/);
  }
  await one.write(Buffer.alloc(10, 3));
  await one.flush();
  assert.equal(one.digest('sha256'), hashOf(Buffer.concat([Buffer.alloc(3_000_000, 1), Buffer.alloc(10, 3)])));
});

test('SC8 a file that could not be written is never taken for whole, however often it is tried', async () => {
  await using file = await SparseFile.create('/dev/full', options(['sha256']));
  await assert.rejects(async () => {
    await file.write(Buffer.alloc(1024 ** 2, 1));
    await file.flush();
  }, /ENOSPC/);
  for (let again = 0; again < 4; again++) await assert.rejects(file.flush(), /ENOSPC/);
});

test('SC8 a file that cannot be resumed is not left open', async () => {
  await assert.rejects(SparseFile.reopen('/dev/full', 10, options(['sha256'])), /EINVAL/);
  const open = await Promise.all((await readdir('/proc/self/fd')).map((name) => readlink(`/proc/self/fd/${name}`).catch(() => null)));
  assert.ok(!open.includes('/dev/full'));
});
