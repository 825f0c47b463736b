/** The history in the store: tasks, events, and the cursors of those who read the events. */
import type { Event, NewEvent } from '../model/event.ts';
import type { Task } from '../model/task.ts';
import type { RetentionBounds } from './expiry.ts';

export interface TaskStore {
  /** Newest first, at most `limit`; all, or those of one owner. */
  list(limit: number, owner?: string): Promise<Task[]>;
  get(id: string): Promise<Task>;
  running(): Promise<Task[]>;
  /** Ends an older running task of the same subject and VM as failed, with the message that this task replaced it. */
  start(task: Pick<Task, 'kind' | 'subject' | 'vm' | 'generation'>): Promise<Task>;
  /** Deletes the oldest ended tasks beyond the bounds, at most `batch`. Resolves with their number. */
  prune(bounds: RetentionBounds, batch: number): Promise<number>;
  /** Ends a running task. The event `task.ended` is appended in the same transaction, here and where a task is replaced. */
  end(id: string, state: 'done' | 'failed', message: string | null): Promise<void>;
}

export interface EventStore {
  append(events: readonly NewEvent[]): Promise<void>;
  /**
   * Events with a higher sequence, oldest first, at most `limit`. Where some of them are no longer kept, the first is an `events.gap` in
   * their place, with the sequence of the last of them. Where `sequence` is above the newest, for example after a restore, the first is
   * an `events.gap` too, and all kept events follow. With an owner only events about its slices, and gaps.
   */
  after(sequence: number, limit: number, owner?: string): Promise<Event[]>;
  /** The newest sequence, 0 where there never was an event. */
  latest(): Promise<number>;
  /** Deletes the oldest events beyond the bounds, at most `batch`. Resolves with their number. */
  prune(bounds: RetentionBounds, batch: number): Promise<number>;
}

/** An event as it leaves the controller. Its unique id is the same at every read, so that a receiver can detect repetitions. */
export interface OutboxMessage {
  id: string;
  event: Event;
}

/** Cursors over the events, each of one reader. Events keep their order; a reader never sees the events of one subject out of order. */
export interface Outbox {
  /** Creates a missing cursor: before the oldest kept event, or behind the newest. */
  open(name: string, from: 'oldest' | 'newest'): Promise<void>;
  /** The events after the cursor, as `EventStore.after`, a gap included. Rejects with `not-found` where there is no such cursor. */
  read(name: string, limit: number): Promise<OutboxMessage[]>;
  /** All events up to this sequence have left; a cursor never goes back. */
  advance(name: string, sequence: number): Promise<void>;
  /** The reader is gone: no events are kept for it any more. */
  close(name: string): Promise<void>;
}
