import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from './frame-reader.ts';

test('CR8 parts are found however the stream is cut into chunks', () => {
  const body = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  const nearMarker = fc.constantFrom('\nmark', '\nmarker', 'marker 1\n', '\n', '\n\nmarke').map((text) => Buffer.from(text));
  const bodies = fc.array(fc.oneof(body, nearMarker), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(bodies, fc.integer({ min: 1, max: 40 }), (wanted, size) => {
      const stream = Buffer.concat(wanted.flatMap((part, index) => [part, Buffer.from(`\nmarker ${index}\n`)]));
      const found: Buffer[] = [];
      const trailers: string[] = [];
      const reader = new FrameReader(
        'marker',
        1000,
        (frame) => {
          found.push(frame.body);
          trailers.push(frame.trailer);
        },
        assert.fail,
      );
      for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
      assert.deepEqual(found, wanted);
      assert.deepEqual(
        trailers,
        wanted.map((_, index) => String(index)),
      );
    }),
  );
});

test('CR8 output beyond the limit is reported once and not kept', () => {
  let overflows = 0;
  const bodies: number[] = [];
  const reader = new FrameReader(
    'marker',
    1000,
    ({ body }) => bodies.push(body.length),
    () => (overflows += 1),
  );
  for (let count = 0; count < 100; count += 1) reader.push(Buffer.alloc(100));
  assert.equal(overflows, 1);
  reader.push(Buffer.from('\nmarker 0\nshort\nmarker 0\n'));
  assert.equal(bodies[1], 5);
  assert.ok((bodies[0] ?? 0) < 1200);
});
