/** Following a task to its end, with the events of its slice on the way. */
import type { Event } from '../model/event.ts';
import type { Task } from '../model/task.ts';
import type { Client } from './client.ts';

export interface FollowTaskOptions {
  /** Sequence of the last event that is known already; those after it are told. */
  after: number;
  signal?: AbortSignal;
  onEvent?(event: Event): void;
}

/** Resolves with the task as it ended, done or failed. Rejects as `client.events.follow` does, also when `signal` aborts. */
export async function followTask(client: Client, task: Task, { after, signal, onEvent }: FollowTaskOptions): Promise<Task> {
  let now = await client.tasks.get(task.id);
  if (now.state !== 'running') return now;
  for await (const event of client.events.follow({ after, slice: task.subject }, signal)) {
    onEvent?.(event);
    if (event.kind !== 'task.ended') continue;
    now = await client.tasks.get(task.id);
    if (now.state !== 'running') return now;
  }
  signal?.throwIfAborted();
  return now;
}
