import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Loop } from './loop.ts';

function gate(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

test('CR15 wake-ups during a pass coalesce into one more pass', async () => {
  const first = gate();
  const second = gate();
  let passes = 0;
  const loop = new Loop({
    pass: async () => {
      passes += 1;
      if (passes === 1) await first.opened;
      else second.open();
      return 3_600_000;
    },
    failed: () => 0,
  });
  loop.wake();
  loop.wake();
  loop.wake();
  loop.wake();
  first.open();
  await second.opened;
  await loop.stop();
  assert.equal(passes, 2);
});

test('CR15 a pass that throws does not end the loop', async () => {
  const done = gate();
  const errors: unknown[] = [];
  let passes = 0;
  const loop = new Loop({
    pass: async () => {
      passes += 1;
      if (passes === 1) throw new Error('first');
      done.open();
      return 3_600_000;
    },
    failed: (error) => {
      errors.push(error);
      return 0;
    },
  });
  loop.wake();
  await done.opened;
  await loop.stop();
  assert.equal(errors.length, 1);
});

test('CR15 stop waits for the pass under way and starts no other', async () => {
  const started = gate();
  const release = gate();
  let passes = 0;
  const loop = new Loop({
    pass: async () => {
      passes += 1;
      started.open();
      await release.opened;
      return 0;
    },
    failed: () => 0,
  });
  loop.wake();
  await started.opened;
  loop.wake();
  const stopped = loop.stop();
  release.open();
  await stopped;
  loop.wake();
  assert.equal(passes, 1);
});
