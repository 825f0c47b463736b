/** Deletes events and ended tasks that have passed their retention, a few at a time, so that other work does not wait. */
import type { Store } from '../store/store.ts';
import { Loop } from './loop.ts';

/** The number of records kept, and for how many ms. */
export interface Kept {
  number: number;
  age: number;
}

export interface RetentionOptions {
  store: Pick<Store, 'events' | 'tasks'>;
  events: Kept;
  tasks: Kept;
  /** ms since 1970. */
  now(): number;
  failed(error: unknown): void;
}

/** Deleted in one commit. */
const batch = 500;
/** ms between checks where nothing was left to delete. */
const interval = 60_000;

export class Retention {
  readonly #loop: Loop;

  constructor({ store, events, tasks, now, failed }: RetentionOptions) {
    const bounds = ({ number, age }: Kept) => ({ kept: number, since: now() - age });
    this.#loop = new Loop({
      pass: async () => {
        const deleted = [await store.events.prune(bounds(events), batch), await store.tasks.prune(bounds(tasks), batch)];
        return deleted.includes(batch) ? 0 : interval;
      },
      failed: (error) => {
        failed(error);
        return interval;
      },
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }
}
