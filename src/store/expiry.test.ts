import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastExpired } from './expiry.ts';

/** One event in each millisecond, from `first` on. */
const events = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ sequence: first + index, at: first + index }));

test('CR16 events go from the oldest on, by number and by age', () => {
  assert.equal(lastExpired(events(1, 5), 10, null, { kept: 100, since: 0 }), null);
  assert.equal(lastExpired(events(1, 5), 10, null, { kept: 8, since: 0 }), 2);
  assert.equal(lastExpired(events(1, 5), 10, null, { kept: 100, since: 4 }), 3);
  assert.equal(lastExpired(events(1, 5), 10, null, { kept: 1, since: 0 }), 5, 'no more than was looked at');
  assert.equal(lastExpired([], 0, null, { kept: 0, since: 9 }), null);
});

test('CR16 age takes nothing that a cursor has yet to pass, number does', () => {
  assert.equal(lastExpired(events(1, 5), 10, 2, { kept: 100, since: 9 }), 2);
  assert.equal(lastExpired(events(1, 5), 10, 0, { kept: 100, since: 9 }), null);
  assert.equal(lastExpired(events(1, 5), 10, 2, { kept: 6, since: 9 }), 4);
});

test('CR16 an event that is older than one before it waits for that one', () => {
  const [first, second] = [
    { sequence: 1, at: 9 },
    { sequence: 2, at: 1 },
  ];
  assert.equal(lastExpired([first, second], 2, null, { kept: 10, since: 5 }), null);
});
