/** The subjects of a node (a VM, a router, the ports) with work in progress: passes leave them alone until that work has ended. */

export class Subjects {
  readonly #ended: () => void;
  readonly #busy = new Map<string, Promise<void>>();
  #touched = new Set<string>();
  #closed = false;

  /** `ended` is called whenever the work on a subject has ended. */
  constructor(ended: () => void) {
    this.#ended = ended;
  }

  /** From now on `touched` names every subject that is worked on at any time since. */
  beginPass(): void {
    this.#touched = new Set(this.#busy.keys());
  }

  /** The subjects that were worked on at any time since the present pass began: the observation of the pass may be outdated for them. */
  get touched(): ReadonlySet<string> {
    return this.#touched;
  }

  busy(subject: string): boolean {
    return this.#busy.has(subject);
  }

  allBusy(): string[] {
    return [...this.#busy.keys()];
  }

  /** The subject is left alone until the work on it has ended. */
  occupy(subject: string, work: Promise<void>): void {
    const ended = work.finally(() => {
      this.#busy.delete(subject);
      this.#ended();
    });
    this.#busy.set(subject, ended);
    this.#touched.add(subject);
  }

  /** Occupies the subject until the returned function is called, and then calls `released`. */
  hold(subject: string, released: () => void = () => undefined): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.occupy(subject, promise.then(released));
    return resolve;
  }

  /** No further steps may begin. */
  close(): void {
    this.#closed = true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when no subject is worked on any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }
}
