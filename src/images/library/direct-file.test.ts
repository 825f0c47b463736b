import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { alignedMemory, DirectFile } from './direct-file.ts';

const page = 4096;
const size = 16 * page;
/** Offsets in memory and in the file at page boundaries, and others. */
const place = fc.oneof(
  fc.integer({ min: 0, max: 8 }).map((pages) => pages * page),
  fc.nat(8 * page),
);
const writes = fc.array(fc.record({ from: place, to: place, position: place, byte: fc.nat(255) }), { maxLength: 6 });

test('SC8 a file has what was written into it, past the cache or through it, from any memory', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-direct-'));
  context.after(() => rm(folder, { recursive: true }));
  const name = path.join(folder, 'file');
  // The second piece does not begin at a page, which a disk may refuse.
  const memories = [alignedMemory(size), Buffer.from(new SharedArrayBuffer(size))] as const;
  await fc.assert(
    fc.asyncProperty(writes, fc.constantFrom(...memories), async (some, memory) => {
      const wanted = Buffer.alloc(size);
      let length = 0;
      {
        await using file = await DirectFile.open(name, 'w+');
        for (const { from, to, position, byte } of some) {
          if (from >= to) continue;
          memory.fill(byte);
          await file.write(memory.subarray(from, to), position);
          wanted.fill(byte, position, position + to - from);
          length = Math.max(length, position + to - from);
        }
      }
      assert.ok((await readFile(name)).equals(wanted.subarray(0, length)));
    }),
    { numRuns: 100 },
  );
});
