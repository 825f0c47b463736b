/** When failed work is tried again: later after each failure, up to a longest wait. Pure. */

export interface BackoffTimes {
  /** ms after the first failure; each further one doubles it. */
  first: number;
  /** The longest wait, in ms. */
  longest: number;
  /** The shortest wait, in ms, also where nothing has failed yet; 0 where absent. */
  least?: number;
  /** After success for this many ms earlier failures are forgotten; never where absent. */
  forgivenAfter?: number;
}

export class Backoff {
  readonly #times: Required<BackoffTimes>;

  constructor(times: BackoffTimes) {
    this.#times = { least: 0, forgivenAfter: Number.POSITIVE_INFINITY, ...times };
  }

  /** ms to wait after this many consecutive failures; the shortest wait where there was none. */
  wait(failures: number): number {
    const { first, longest, least } = this.#times;
    return failures === 0 ? least : Math.max(least, Math.min(longest, first * 2 ** (failures - 1)));
  }

  /** ms since 1970. */
  retryAt(failures: number, now: number): number {
    return now + this.wait(failures);
  }

  /** Whether work that succeeds since then, ms since 1970, begins again with the shortest wait; never where `since` is null. */
  forgives(since: number | null, now: number): boolean {
    return since !== null && now - since >= this.#times.forgivenAfter;
  }
}
