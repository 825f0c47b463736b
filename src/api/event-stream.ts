/** Events as Server-Sent Events: first the events since a sequence, then new events as they are recorded. */
import type { Event } from '../model/event.ts';
import type { Store } from '../store/store.ts';
import type { ChangeFeed } from './dependencies.ts';

/** Events read at a time; the reader's pace determines the next read. */
const batch = 200;

export interface StreamOptions {
  events: Pick<Store['events'], 'after' | 'latest'>;
  changes: ChangeFeed;
  /** The last sequence that the client has; null for only new ones. Where the store never had it, the stream tells so by an `events.gap`. */
  after: number | null;
  /** The part of an event that the client sees; null for none. */
  show(event: Event): Event | null;
  /** ms between heartbeats without events; the store is read then too, which makes up for a lost signal. */
  heartbeat: number;
  signal: AbortSignal;
}

/**
 * Yields the text of the stream until `signal` is aborted. The stream begins with a message that has an id and no data, so that a client
 * which loses the connection before the first event still knows where to resume.
 */
export async function* eventStream({ events, changes, after, show, heartbeat, signal }: StreamOptions): AsyncGenerator<string, void> {
  const change = new Signal(signal);
  const unsubscribe = changes.subscribe(() => change.raise());
  try {
    let sequence = after ?? (await events.latest());
    yield `id: ${sequence}\n\n`;
    while (!signal.aborted) {
      change.lower();
      const found = await events.after(sequence, batch);
      sequence = found.at(-1)?.sequence ?? sequence;
      const text = found
        .map(show)
        .filter((event) => event !== null)
        .map(message);
      if (text.length > 0) yield text.join('');
      if (found.length < batch && !(await change.raised(heartbeat))) yield `: alive\nid: ${sequence}\n\n`;
    }
  } finally {
    unsubscribe();
  }
}

/** JSON has no line breaks of its own, so one data line suffices. */
const message = (event: Event): string => `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`;

/** Remembers that something changed, so that a change between reading and waiting is not missed. */
class Signal {
  readonly #ended: AbortSignal;
  #isRaised = false;
  #wake: () => void = () => undefined;

  constructor(ended: AbortSignal) {
    this.#ended = ended;
  }

  raise(): void {
    this.#isRaised = true;
    this.#wake();
  }

  lower(): void {
    this.#isRaised = false;
  }

  /** Resolves true when raised, or at the end of the stream; false after `ms`. */
  async raised(ms: number): Promise<boolean> {
    if (this.#isRaised || this.#ended.aborted) return true;
    return new Promise((resolve) => {
      const end = (value: boolean): void => {
        clearTimeout(timer);
        this.#ended.removeEventListener('abort', this.#wake);
        resolve(value);
      };
      const timer = setTimeout(() => end(false), ms);
      this.#wake = () => end(true);
      this.#ended.addEventListener('abort', this.#wake);
    });
  }
}
