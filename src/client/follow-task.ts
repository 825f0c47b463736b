/** Follows a task to its end, with the events of its slice or node on the way. */
import { CroftError } from '../model/error.ts';
import type { Event } from '../model/event.ts';
import type { Task } from '../model/task.ts';
import type { Client } from './client.ts';
import { elapsed } from './event-stream.ts';

export interface FollowTaskOptions {
  /** Sequence of the last known event; later events are reported. */
  after: number;
  signal?: AbortSignal;
  onEvent?(event: Event): void;
}

/** ms. */
const pause = 250;

/**
 * Resolves with the ended task, done or failed. A controller that does not answer is queried again until it does: the task is stored, so
 * the controller continues it after a restart. Rejects with any other error, and when `signal` aborts.
 */
export async function followTask(client: Client, task: Task, { after, signal, onEvent }: FollowTaskOptions): Promise<Task> {
  let known = after;
  const hear = (event: Event): void => {
    known = event.sequence;
    onEvent?.(event);
  };
  for (;;) {
    try {
      return await followOnce(client, task, { after: known, ...(signal && { signal }), onEvent: hear });
    } catch (error) {
      if (!(error instanceof CroftError && error.code === 'unavailable')) throw error;
      await elapsed(pause, signal);
      signal?.throwIfAborted();
    }
  }
}

async function followOnce(client: Client, task: Task, { after, signal, onEvent }: FollowTaskOptions): Promise<Task> {
  let now = await client.tasks.get(task.id);
  if (now.state !== 'running') return now;
  const ofNode = task.kind === 'node.drain';
  for await (const event of client.events.follow({ after, ...(!ofNode && { slice: task.subject }) }, signal)) {
    const isGap = event.kind === 'events.gap';
    if (ofNode && event.node !== task.subject && !isGap) continue;
    onEvent?.(event);
    // The end may be among the events that are no longer kept.
    if (event.kind !== 'task.ended' && !isGap) continue;
    now = await client.tasks.get(task.id);
    if (now.state !== 'running') return now;
  }
  signal?.throwIfAborted();
  return now;
}
