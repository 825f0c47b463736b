/** Removes image files that nothing names or uses any more, from the controller's library and from the nodes. */
import type { ImageDelivery } from '../images/deliver.ts';
import type { ImageLibrary } from '../images/library.ts';
import type { Fleet } from '../loops/fleet.ts';
import type { Store } from '../store/store.ts';

export interface ImageSweepOptions {
  store: Store;
  library: ImageLibrary;
  delivery: ImageDelivery;
  fleet: Fleet;
  /** A node could not be swept; it will be the next time. */
  failed(error: unknown): void;
}

export class ImageSweep {
  readonly #options: ImageSweepOptions;
  #arriving = 0;
  #owed = false;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: ImageSweepOptions) {
    this.#options = options;
  }

  /** Runs work that brings a file in before its row: nothing is swept meanwhile, for the file would look unused. */
  async arriving<T>(work: () => Promise<T>): Promise<T> {
    this.#arriving += 1;
    try {
      await this.#sweeping;
      return await work();
    } finally {
      this.#arriving -= 1;
      if (this.#owed) void this.sweep();
    }
  }

  /** Sweeps now, or once nothing is arriving any more. Never rejects. */
  sweep(): Promise<void> {
    this.#owed = this.#arriving > 0;
    if (!this.#owed) this.#sweeping = this.#sweeping.then(() => this.#run()).catch(this.#options.failed);
    return this.#sweeping;
  }

  async #run(): Promise<void> {
    const { store, library, delivery, fleet, failed } = this.#options;
    const kept = await store.images.contents();
    const wanted = new Set(kept);
    for (const sha256 of await library.list()) if (!wanted.has(sha256)) await library.remove(sha256);
    const nodes = (await store.nodes.list()).filter(({ observed }) => observed.status === 'ready');
    for (const { id } of nodes) {
      const connection = fleet.worker(id)?.connection();
      if (connection !== undefined) await connection.then(({ host, layout }) => delivery.collect(host, layout, kept)).catch(failed);
    }
  }
}
