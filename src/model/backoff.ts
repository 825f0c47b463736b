/** When what failed is tried again: later after each failure, up to a longest wait. Pure. */

export interface BackoffTimes {
  /** ms after the first failure; each further one doubles it. */
  first: number;
  /** ms that are waited at most. */
  longest: number;
  /** ms that are waited at least, also where nothing has failed yet; 0 where absent. */
  least?: number;
  /** What went well for so many ms has its earlier failures forgiven; never where absent. */
  forgivenAfter?: number;
}

export class Backoff {
  readonly #times: Required<BackoffTimes>;

  constructor(times: BackoffTimes) {
    this.#times = { least: 0, forgivenAfter: Number.POSITIVE_INFINITY, ...times };
  }

  /** ms to wait after so many failures in turn; the least where there was none. */
  wait(failures: number): number {
    const { first, longest, least } = this.#times;
    return failures === 0 ? least : Math.max(least, Math.min(longest, first * 2 ** (failures - 1)));
  }

  /** ms since 1970. */
  retryAt(failures: number, now: number): number {
    return now + this.wait(failures);
  }

  /** Whether what goes well since then, ms since 1970, begins anew; never where `since` is null. */
  forgives(since: number | null, now: number): boolean {
    return since !== null && now - since >= this.#times.forgivenAfter;
  }
}
