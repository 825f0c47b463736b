import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { decompress } from './decompress.ts';
import { CorruptStream } from './unpack-frames.ts';

const packers = { gz: gzipSync, zstd: zstdCompressSync };

async function* inPieces(content: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function unpacked(content: Buffer, compression: 'gz' | 'zstd', size: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of decompress(inPieces(content, size), compression)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const frames = fc.array(fc.record({ byte: fc.nat(255), length: fc.oneof(fc.nat(50), fc.nat(400_000)) }), { minLength: 1, maxLength: 4 });
const compression = fc.constantFrom('gz' as const, 'zstd' as const);

test('SC8 several members or frames are unpacked however the network cuts them', async () => {
  await fc.assert(
    fc.asyncProperty(frames, compression, fc.integer({ min: 1, max: 300 }), async (some, kind, size) => {
      const parts = some.map(({ byte, length }) => Buffer.alloc(length, byte));
      const packed = Buffer.concat(parts.map((part) => packers[kind](part)));
      assert.ok((await unpacked(packed, kind, size)).equals(Buffer.concat(parts)));
    }),
    { numRuns: 50 },
  );
});

test('SC8 what is cut short or followed by something else is never taken for whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      compression,
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      async (kind, size, few, cut) => {
        const packed = packers[kind](Buffer.alloc(100_000, 'content'));
        const wrong = cut ? packed.subarray(0, packed.length - few) : Buffer.concat([packed, Buffer.alloc(few, 'x')]);
        await assert.rejects(unpacked(wrong, kind, size), CorruptStream);
      },
    ),
    { numRuns: 50 },
  );
});

test('SC8 a failure of the source of packed bytes is reported unchanged', async () => {
  const failure = new Error('the network is gone');
  for (const kind of ['gz', 'zstd', 'xz', 'bz2'] as const) {
    const source = (async function* () {
      yield gzipSync('a').subarray(0, 0);
      throw failure;
    })();
    await assert.rejects(async () => {
      for await (const _ of decompress(source, kind));
    }, failure);
  }
});
