/** Hashes files in a separate thread, since a gigabyte takes most of a second; one thread for all files, while any is open. */
import { Worker } from 'node:worker_threads';

export type Algorithm = 'sha256' | 'sha512';
/** Lower-case hex. */
export type Digests = Readonly<Partial<Record<Algorithm, string>>>;

export type HashOrder =
  | { kind: 'open'; file: number; algorithms: readonly Algorithm[] }
  | { kind: 'update'; file: number; piece: Uint8Array<SharedArrayBuffer> }
  | { kind: 'zeros'; file: number; length: number }
  | { kind: 'digests'; file: number }
  | { kind: 'close'; file: number };

/** Its young generation contains only messages. */
const resourceLimits = { maxYoungGenerationSizeMb: 1 };

class HashThread {
  static #running: HashThread | null = null;
  readonly #worker = new Worker(new URL('./hash-thread.ts', import.meta.url), { resourceLimits });
  readonly #orders: PromiseWithResolvers<Digests>[] = [];
  #failure: { thrown: unknown } | null = null;
  #files = 0;

  private constructor() {
    this.#worker.on('message', (answer: Digests) => this.#orders.shift()?.resolve(answer));
    this.#worker.on('error', (thrown) => {
      this.#failure = { thrown };
      if (HashThread.#running === this) HashThread.#running = null;
      for (const order of this.#orders.splice(0)) order.reject(thrown);
    });
  }

  static enter(): HashThread {
    HashThread.#running ??= new HashThread();
    HashThread.#running.#files += 1;
    return HashThread.#running;
  }

  async leave(): Promise<void> {
    this.#files -= 1;
    if (this.#files > 0) return;
    if (HashThread.#running === this) HashThread.#running = null;
    await this.#worker.terminate();
  }

  async order(order: HashOrder): Promise<Digests> {
    if (this.#failure !== null) throw this.#failure.thrown;
    const answer = Promise.withResolvers<Digests>();
    this.#orders.push(answer);
    this.#worker.postMessage(order);
    return await answer.promise;
  }
}

/** The hashes of one file. All methods reject where the thread has failed. */
export class BlockHash implements AsyncDisposable {
  static #count = 0;
  readonly #thread = HashThread.enter();
  readonly #file = BlockHash.#count++;

  constructor(algorithms: readonly Algorithm[]) {
    // A failure is reported at the next order.
    this.#thread.order({ kind: 'open', file: this.#file, algorithms }).catch(() => undefined);
  }

  /** Nothing is copied: the piece must stay unchanged until this resolves. */
  async update(piece: Uint8Array<SharedArrayBuffer>): Promise<void> {
    await this.#thread.order({ kind: 'update', file: this.#file, piece });
  }

  /** As `update` with this many zeros. */
  async updateZeros(length: number): Promise<void> {
    await this.#thread.order({ kind: 'zeros', file: this.#file, length });
  }

  /** Of all bytes given to `update` and `updateZeros` so far. */
  async digests(): Promise<Digests> {
    return await this.#thread.order({ kind: 'digests', file: this.#file });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.order({ kind: 'close', file: this.#file }).catch(() => undefined);
    await this.#thread.leave();
  }
}
