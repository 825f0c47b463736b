import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { readAhead } from './read-ahead.ts';

const joinedSize = 512 * 1024;

async function* piecesOf(lengths: readonly number[], failure: Error | null): AsyncGenerator<Buffer> {
  for (const [index, length] of lengths.entries()) {
    if (length % 2 === 0) await turn();
    yield Buffer.alloc(length, index + 1);
  }
  if (failure !== null) throw failure;
}

test('SC8 what a network brings is read in larger pieces, all of it and in its order', async () => {
  const lengths = fc.array(fc.oneof(fc.nat(100), fc.nat(900_000)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(lengths, async (some) => {
      const read: Buffer[] = [];
      for await (const piece of readAhead(piecesOf(some, null), new AbortController())) read.push(Buffer.from(piece));
      assert.ok(read.slice(0, -1).every((piece) => piece.length >= joinedSize));
      assert.ok(Buffer.concat(read).equals(Buffer.concat(some.map((length, index) => Buffer.alloc(length, index + 1)))));
    }),
    { numRuns: 50 },
  );
});

test('SC8 the next piece is collected while one is worked on', async () => {
  let collected = 0;
  const source = (async function* () {
    for (;;) {
      collected += 1;
      yield Buffer.alloc(joinedSize);
    }
  })();
  const reader = readAhead(source, new AbortController());
  await reader.next();
  await turn();
  assert.equal(collected, 2);
  await reader.return(undefined);
});

test('SC8 what the network fails with comes after the whole pieces before it', async () => {
  const failure = new Error('the connection broke');
  const reader = readAhead(piecesOf([joinedSize, 1], failure), new AbortController());
  assert.equal((await reader.next()).value?.length, joinedSize);
  await assert.rejects(reader.next(), failure);
});

test('SC8 a reader that ends early does not wait for what has not come', async () => {
  const stop = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stop.signal.addEventListener('abort', () => reject(new Error('stopped')));
  let isOver = false;
  const source = (async function* () {
    try {
      yield Buffer.alloc(joinedSize);
      await stopped;
    } finally {
      isOver = true;
    }
  })();
  for await (const _ of readAhead(source, stop)) break;
  assert.ok(isOver);
});
