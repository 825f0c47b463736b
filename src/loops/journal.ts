/** Gathers events and writes them in groups, so that a burst of progress costs few durable commits. */
import type { NewEvent } from '../model/event.ts';
import type { Store } from '../store/store.ts';

const gatherFor = 25;

export class Journal {
  readonly #events: Pick<Store['events'], 'append'>;
  readonly #failed: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();
  #waiting: NewEvent[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(events: Pick<Store['events'], 'append'>, failed: (error: unknown) => void) {
    this.#events = events;
    this.#failed = failed;
  }

  record(event: NewEvent): void {
    this.#waiting.push(event);
    this.#timer ??= setTimeout(() => void this.flush(), gatherFor);
  }

  /** Called, without data, whenever events may have been added by any process. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves when all events recorded so far are written. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const events = this.#waiting;
    this.#waiting = [];
    if (events.length > 0) this.#writing = this.#writing.then(() => this.#write(events));
    return this.#writing;
  }

  async #write(events: NewEvent[]): Promise<void> {
    try {
      await this.#events.append(events);
    } catch (error) {
      this.#failed(error);
    }
    this.announce();
  }
}
