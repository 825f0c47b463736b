/** The number of tries of a source and the pauses between them. */
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../../model/backoff.ts';
import { SourceFailure } from './failure.ts';
import { leastProgress } from './request.ts';

export interface TryOptions {
  /** Tries without any progress. */
  count: number;
  /** ms before the second try; doubled before each further one. */
  firstDelay: number;
}

export class Tries {
  readonly #options: TryOptions;
  readonly #others: boolean;
  readonly #backoff: Backoff;
  #failed = 0;
  #furthest = 0;
  #reached = 0;

  /** Where there are `others` to try, a source that delivers nothing at all is given up at once. */
  constructor(options: TryOptions, others = false) {
    this.#options = options;
    this.#others = others;
    this.#backoff = new Backoff({ first: options.firstDelay, longest: Number.POSITIVE_INFINITY });
  }

  /** The bytes that have arrived. Only a position clearly beyond the furthest one counts as progress, since a download may begin again. */
  reached(length: number): void {
    this.#reached = Math.max(this.#reached, length);
  }

  /** Resolves when the source is to be tried again; throws the last try's failure where it is not, or the signal's reason. */
  async failed(thrown: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!(thrown instanceof SourceFailure) || !thrown.transient) throw thrown;
    if (this.#reached >= this.#furthest + leastProgress) {
      this.#failed = 0;
      this.#furthest = this.#reached;
    }
    this.#failed += 1;
    if (this.#failed >= this.#options.count || (this.#others && this.#reached === 0)) {
      throw this.#failed === 1
        ? thrown
        : new SourceFailure(`${thrown.message}, ${this.#failed} times in turn`, { transient: true, cause: thrown });
    }
    await delay(this.#backoff.wait(this.#failed), undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}
