import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CroftError } from '../model/error.ts';
import type { Event } from '../model/event.ts';
import type { Task } from '../model/task.ts';
import type { Client } from './client.ts';
import { followTask } from './follow-task.ts';

const task: Task = {
  ...{ id: 'task', owner: 'admin', kind: 'slice.apply', subject: 'blue', vm: null, generation: 1 },
  ...{ state: 'running', message: null, createdAt: 0, endedAt: null },
};
const done: Task = { ...task, state: 'done', endedAt: 5 };

function eventOf(sequence: number, kind: string): Event {
  return { sequence, at: 0, kind, node: null, slice: 'blue', vm: null, message: kind, step: null, data: null, actor: 'system' };
}

/** Answers each read of the task with the next of `answers`, and each stream with the events so far. */
function clientOf(answers: readonly (Task | CroftError)[], events: readonly Event[]): Client {
  const left = [...answers];
  return {
    tasks: {
      get: async () => {
        const answer = left.shift();
        if (answer instanceof CroftError) throw answer;
        return answer;
      },
    },
    events: {
      follow: async function* ({ after }: { after: number }) {
        yield* events.filter(({ sequence }) => sequence > after);
      },
    },
  } as unknown as Client;
}

const gone = new CroftError('unavailable', 'the controller does not answer');

test('CR15 a task is followed across the death of its controller, and no event is reported twice', async () => {
  const told: number[] = [];
  const events = [eventOf(1, 'vm.step'), eventOf(2, 'task.ended'), eventOf(3, 'task.ended')];
  const client = clientOf([gone, task, gone, task, done], events);
  const ended = await followTask(client, task, { after: 0, onEvent: ({ sequence }) => told.push(sequence) });
  assert.equal(ended, done);
  assert.deepEqual(told, [1, 2, 3]);
});

test('CR15 waiting for a controller that is gone ends with the signal, and other errors end it at once', async () => {
  const ending = new AbortController();
  const silent = clientOf(Array(100).fill(gone), []);
  const waiting = followTask(silent, task, { after: 0, signal: ending.signal });
  ending.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  const refused = clientOf([new CroftError('auth.required', 'no')], []);
  await assert.rejects(followTask(refused, task, { after: 0 }), { code: 'auth.required' });
});
