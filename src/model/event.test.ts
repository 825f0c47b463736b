import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Event, eventGap, eventSchema } from './event.ts';

const frame = { sequence: 7, at: 9, node: null, slice: 'a', vm: 'b', message: 'm', step: null, actor: null };

test('CR16 an event is taken whichever version recorded it: with its data, without, and of a kind that is not known', () => {
  const events: Event[] = [
    { ...frame, kind: 'vm.failed', data: { reason: 'no room' } },
    { ...frame, kind: 'vm.failed', data: null },
    { ...frame, kind: 'vm.failed', data: { because: 'of an older shape' } },
    { ...frame, kind: 'vm.failed', data: { reason: 'no room', since: 'a later version' } },
    { ...frame, kind: 'vm.teleported', data: { to: 'the moon' } },
    { ...frame, kind: 'vm.running', data: {} },
    eventGap(3, 5, 1),
  ];
  for (const event of events) assert.deepEqual(eventSchema.parse(event), event);
  assert.throws(() => eventSchema.parse({ ...frame, kind: 'vm.failed', data: 'text' }));
  assert.throws(() => eventSchema.parse({ kind: 'vm.running', data: {} }));
});

test('CR16 a gap says which events are lost, one or several', () => {
  assert.match(eventGap(4, 5, 1).message, /^event 5 is no longer kept/);
  assert.deepEqual(eventGap(0, 5, 1).data, { from: 1, to: 5 });
});
