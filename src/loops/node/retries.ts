/** When failed work on a node is tried again: image deliveries, changes of running VMs, steps. */
import { Backoff } from '../../model/backoff.ts';

const first = 5_000;
const longestOfAll = 300_000;

export class Retries {
  readonly #backoff: Backoff;
  readonly #failures = new Map<string, { count: number; retryAt: number }>();

  /** `longest`: the longest wait, in ms. */
  constructor(longest = longestOfAll) {
    this.#backoff = new Backoff({ first, longest });
  }

  /** Longer after each failure; returns the time, in ms since 1970, of the next try. */
  failed(what: string, now: number): number {
    const count = (this.#failures.get(what)?.count ?? 0) + 1;
    const retryAt = this.#backoff.retryAt(count, now);
    this.#failures.set(what, { count, retryAt });
    return retryAt;
  }

  succeeded(what: string): void {
    this.#failures.delete(what);
  }

  /** Each entry that is to wait. */
  postponed(now: number): Set<string> {
    return new Set([...this.#failures].filter(([, { retryAt }]) => now < retryAt).map(([what]) => what));
  }
}
