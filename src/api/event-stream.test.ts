import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../model/event.ts';
import { eventStream } from './event-stream.ts';

const event = (sequence: number): Event => ({
  ...{ sequence, at: 0, kind: 'vm.state', node: null, slice: null, vm: null, step: null, data: null, actor: 'system' },
  message: 'two\nlines',
});

/** An event store of this many events that reports each read. */
function recorded(count: number) {
  const all = Array.from({ length: count }, (_, index) => event(index + 1));
  return {
    add: () => all.push(event(all.length + 1)),
    latest: async () => all.length,
    after: async (sequence: number, limit: number) => all.filter((one) => one.sequence > sequence).slice(0, limit),
  };
}

const silent = { subscribe: () => () => undefined };
const ids = (text: string): number[] => [...text.matchAll(/^id: (\d+)\ndata: /gm)].map(([, id]) => Number(id));

test('CR16 a stream first tells where it starts, then all there is, however much, each event on one line', async () => {
  const ended = new AbortController();
  const stream = eventStream({
    events: recorded(450),
    changes: silent,
    after: 10,
    show: (event: Event) => event,
    heartbeat: 60_000,
    signal: ended.signal,
  });
  assert.equal((await stream.next()).value, 'id: 10\n\n');
  const seen: number[] = [];
  while (seen.length < 440) {
    const text = (await stream.next()).value ?? '';
    assert.ok(text.split('\n').every((line) => line === '' || /^(id|data): /.test(line)));
    seen.push(...ids(text));
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 440 }, (_, index) => index + 11),
  );
  const next = stream.next();
  ended.abort();
  assert.equal((await next).done, true);
});

test('CR16 a heartbeat makes up for a signal that was lost', async () => {
  const ended = new AbortController();
  const events = recorded(1);
  const stream = eventStream({ events, changes: silent, after: null, show: (event: Event) => event, heartbeat: 1, signal: ended.signal });
  assert.equal((await stream.next()).value, 'id: 1\n\n');
  assert.equal((await stream.next()).value, ': alive\nid: 1\n\n');
  events.add();
  assert.deepEqual(ids((await stream.next()).value ?? ''), [2]);
  ended.abort();
  assert.equal((await stream.next()).done, true);
});

test('CR16 a stream that starts ahead of the newest event, as after a restore, asks for what the store has to say of that', async () => {
  const gap: Event = { ...event(0), kind: 'events.gap' };
  const stream = eventStream({
    ...{ events: { ...recorded(3), after: async (sequence: number) => (sequence === 900 ? [gap, event(1)] : []) }, changes: silent },
    ...{ after: 900, show: (event: Event) => event, heartbeat: 60_000 },
    signal: new AbortController().signal,
  });
  assert.equal((await stream.next()).value, 'id: 900\n\n');
  assert.deepEqual(ids((await stream.next()).value ?? ''), [0, 1]);
  await stream.return();
});
