import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { CroftError } from '../../model/error.ts';
import { unobserved, type Vm } from '../../model/vm/vm.ts';
import { ConsoleHub } from './console-hub.ts';

const running = { id: 'a', slice: 's', name: 'web', observed: { ...unobserved, state: 'running' } } as Vm;

test('CR6 two viewers of one console see the same bytes over one connection', async () => {
  const guest = new PassThrough();
  let connections = 0;
  const hub = new ConsoleHub(async () => {
    connections += 1;
    return guest;
  });
  const [first, second] = await Promise.all([hub.open(running), hub.open(running)]);
  const seen = Promise.all([once(first, 'data'), once(second, 'data')]);
  first.write('hello');
  const [[one], [two]] = (await seen) as [[Buffer], [Buffer]];
  assert.equal(one.toString(), 'hello');
  assert.equal(two.toString(), 'hello');
  assert.equal(connections, 1);
  hub.close();
});

test('CR6 the connection to the guest ends with its last viewer', async () => {
  const guest = new PassThrough();
  const hub = new ConsoleHub(async () => guest);
  const [first, second] = await Promise.all([hub.open(running), hub.open(running)]);
  first.destroy();
  await once(first, 'close');
  assert.equal(guest.destroyed, false);
  second.destroy();
  await once(guest, 'close');
});

test('CR6 the console of a stopped VM says how to start it', async () => {
  const hub = new ConsoleHub(async () => new PassThrough());
  const stopped = { ...running, observed: { ...unobserved, state: 'stopped' } } as Vm;
  await assert.rejects(
    hub.open(stopped),
    (error: CroftError) => error.code === 'vm.not-running' && /croft vm start s\/web/.test(error.hint ?? ''),
  );
});

test('SC11 the console of a VM of which nothing is known is tried', async () => {
  const hub = new ConsoleHub(async () => new PassThrough());
  const viewer = await hub.open({ ...running, observed: { ...unobserved, state: 'unknown' } } as Vm);
  viewer.destroy();
  hub.close();
});

test('CR6 a console opened at the moment in which its last viewer leaves has a connection of its own', async () => {
  const guests: PassThrough[] = [];
  const hub = new ConsoleHub(async () => {
    const guest = new PassThrough();
    guests.push(guest);
    return guest;
  });
  const first = await hub.open(running);
  first.destroy();
  await once(first, 'close');
  const second = await hub.open(running);
  const echo = once(second, 'data');
  second.write('hello');
  assert.equal(String((await echo)[0]), 'hello');
  assert.equal(guests.length, 2);
  hub.close();
});

test('CR6 a viewer that leaves does not take the connection from one that is about to have it', async () => {
  const guest = new PassThrough();
  const connected = Promise.withResolvers<PassThrough>();
  const hub = new ConsoleHub(() => connected.promise);
  const opening = [hub.open(running), hub.open(running)];
  const leaving = opening[0]?.then((viewer) => viewer.destroy());
  connected.resolve(guest);
  await leaving;
  const second = await opening[1];
  assert.equal(guest.destroyed, false);
  second?.destroy();
});

test('SC11 a console whose last viewer leaves before it is open is given up, and opens again for the next', async () => {
  const asked: AbortSignal[] = [];
  const hung = Promise.withResolvers<PassThrough>();
  const hub = new ConsoleHub(async (_vm, signal) => {
    asked.push(signal);
    return asked.length === 1 ? await hung.promise : new PassThrough();
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const opening = [hub.open(running, first.signal), hub.open(running, second.signal)];
  first.abort();
  await assert.rejects(opening[0] ?? Promise.resolve(), { name: 'AbortError' });
  assert.equal(asked[0]?.aborted, false);
  second.abort();
  await assert.rejects(opening[1] ?? Promise.resolve(), { name: 'AbortError' });
  assert.equal(asked[0]?.aborted, true);
  const viewer = await hub.open(running);
  assert.equal(asked.length, 2);
  const late = new PassThrough();
  hung.resolve(late);
  await once(late, 'close');
  assert.equal(viewer.destroyed, false);
  hub.close();
});

test('SC11 a guest whose console ends without closing ends it for its viewers, and the next one gets another', async () => {
  const guests: PassThrough[] = [];
  const hub = new ConsoleHub(async () => {
    const guest = new PassThrough({ allowHalfOpen: true, autoDestroy: false });
    guests.push(guest);
    return guest;
  });
  const viewer = await hub.open(running);
  viewer.resume();
  const ended = once(viewer, 'end');
  guests[0]?.push(null);
  await ended;
  await hub.open(running);
  assert.equal(guests.length, 2);
  hub.close();
});
