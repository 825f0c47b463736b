/** A level-triggered loop: one pass at a time, woken by signal and by timer; wake-ups carry nothing and coalesce. */

export interface LoopOptions {
  /** One pass; resolves with the ms until the next one that no wake-up brings forward. It reads all state anew. */
  pass(): Promise<number>;
  /** A pass threw: a defect, for passes handle what can be expected. Resolves the ms until the next one. */
  failed(error: unknown): number;
}

export class Loop {
  readonly #options: LoopOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

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
    this.#running = this.#run();
  }

  /** No further pass begins; resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clearTimer();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pause = 0;
    do {
      this.#again = false;
      try {
        pause = await this.#options.pass();
      } catch (error) {
        pause = this.#options.failed(error);
      }
    } while (this.#again && !this.#stopped);
    this.#running = null;
    if (!this.#stopped) this.#timer = setTimeout(() => this.wake(), pause);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
