/** Whether this controller may act on nodes: it receives changes of its hold on the database, and passes them on. */
import { CroftError } from '../model/error.ts';
import type { Occupant } from '../store/database/database.ts';

/** The loops that act on nodes, and the store that records the leader. */
export interface Led {
  suspend(): void;
  resume(): void;
  isCurrent(): Promise<boolean>;
}

export class Leadership implements Occupant {
  readonly #ousted: () => void;
  #led: Led | null = null;
  #held = true;

  /** `ousted`: another controller has the database, or takes it. */
  constructor(ousted: () => void) {
    this.#ousted = ousted;
  }

  /** From now on `led` follows the hold. */
  attach(led: Led): void {
    this.#led = led;
    if (!this.#held) led.suspend();
  }

  suspended(): void {
    this.#held = false;
    this.#led?.suspend();
  }

  resumed(): void {
    this.#held = true;
    this.#led?.resume();
  }

  lost(): void {
    this.suspended();
    this.#ousted();
  }

  async isCurrent(): Promise<boolean> {
    return (await this.#led?.isCurrent()) ?? false;
  }

  /** Throws `unavailable` while another controller may have taken the database. */
  require(): void {
    if (this.#held) return;
    throw new CroftError(
      'unavailable',
      'the controller has lost its connection to the database, and does nothing on nodes until it is back',
      {
        hint: 'Try again in a moment; see whether the PostgreSQL server runs.',
      },
    );
  }
}
