/** A level-triggered loop: one pass at a time, woken by signal and by timer; wake-ups carry nothing and coalesce. */

export interface LoopOptions {
  /** One pass; resolves with the ms until the next pass, which a wake-up may bring forward. Each pass reads all state again. */
  pass(): Promise<number>;
  /** A pass threw: a defect, since passes handle expected failures. Resolves with the ms until the next pass. */
  failed(error: unknown): number;
  /** ms, from any origin. */
  clock?: () => number;
  /** The length of the pause after a pass, as a multiple of the pass; 1 where absent. */
  rest?: number;
}

/**
 * A pass is followed by a pause in proportion to its length, up to this many ms, so that a loop never takes all of the time. The pause
 * after a short pass is not noticeable; after a long pass, changes that arrive during the pause are handled together.
 */
const longestRest = 1_000;

export class Loop {
  readonly #options: LoopOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #restedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Asks for a pass now; during a pass, for one more after it. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#clearTimer();
    const rest = this.#restedAt - this.#now();
    if (rest <= 0) this.#running = this.#run();
    else this.#timer = setTimeout(() => this.wake(), rest);
  }

  /** No further pass begins; resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clearTimer();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pause = 0;
    this.#again = false;
    const begun = this.#now();
    try {
      pause = await this.#options.pass();
    } catch (error) {
      pause = this.#options.failed(error);
    }
    const ended = this.#now();
    this.#restedAt = ended + Math.min((ended - begun) * (this.#options.rest ?? 1), longestRest);
    this.#running = null;
    if (this.#stopped) return;
    if (this.#again) this.wake();
    else this.#timer = setTimeout(() => this.wake(), pause);
  }

  #now(): number {
    return (this.#options.clock ?? performance.now.bind(performance))();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
