/** Writes the items of many concurrent callers in one transaction: a durable commit costs the same for one row as for hundreds. */
import { setTimeout as delay } from 'node:timers/promises';

interface Waiting<Item> {
  items: readonly Item[];
  done: PromiseWithResolvers<void>;
}

/** Longest time between two commits, in ms. */
const longestRest = 50;

/** `write` commits all given items or none. During a commit, new items gather for the next one. */
export class GroupCommit<Item> {
  readonly #write: (items: readonly Item[]) => Promise<void>;
  #waiting: Waiting<Item>[] = [];
  #running = false;

  constructor(write: (items: readonly Item[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the items are committed, in the order in which they were added; rejects where their group was not. */
  add(items: readonly Item[]): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ items, done });
    if (!this.#running) void this.#run();
    return done.promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Callers of the same turn of the event loop share a group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const begun = performance.now();
      try {
        await this.#write(group.flatMap(({ items }) => items));
        for (const { done } of group) done.resolve();
      } catch (error) {
        for (const { done } of group) done.reject(error);
      }
      // Commits take at most half of the time: the slower they are, the more items gather for the next commit.
      const rest = Math.min(performance.now() - begun, longestRest);
      await delay(rest);
    }
    this.#running = false;
  }
}
