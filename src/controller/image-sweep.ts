/** Removes unused image files from the controller's library and from the nodes. */

import type { ImageFetcher } from '../images/fetch/fetch.ts';
import type { ImageLibrary } from '../images/library/library.ts';
import type { ImageDelivery } from '../images/spread/deliver.ts';
import type { Fleet } from '../loops/node/fleet.ts';
import { inWords } from '../loops/node/recorder.ts';
import type { ImageCollection } from '../model/image/view.ts';
import type { Node } from '../model/node/node.ts';
import type { PlacementSnapshot } from '../model/placement/assignment.ts';
import type { Store } from '../store/store.ts';

export interface ImageSweepOptions {
  store: Store;
  library: Pick<ImageLibrary, 'list' | 'remove' | 'occupied'>;
  delivery: Pick<ImageDelivery, 'collect'>;
  fetcher: Pick<ImageFetcher, 'discard'>;
  fleet: Fleet;
  /** A sweep that no caller waits for failed; the next sweep removes the remains. */
  failed(error: unknown): void;
}

/** `idle`: nodes keep only the images wanted in advance and those that their VMs are made from. */
export interface CollectOptions {
  dryRun: boolean;
  idle: boolean;
}

export class ImageSweep {
  readonly #options: ImageSweepOptions;
  #arriving = 0;
  #owed = false;
  #sweeping: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(options: ImageSweepOptions) {
    this.#options = options;
  }

  /** Runs work that adds a file before its row: no sweep runs meanwhile, since the file would look unused. */
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

  /** Sweeps now, or once no file is arriving any more. Never rejects. */
  async sweep(): Promise<void> {
    if (this.#stopped) return;
    this.#owed = this.#arriving > 0;
    if (this.#owed) return;
    await this.#collect(() => this.#run({ dryRun: false, idle: false }, false)).catch(this.#options.failed);
  }

  /** Begins no further sweep; resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#sweeping;
  }

  /**
   * Sweeps now and reports the removed images of each place; a dry run only reports. Partial downloads that are no longer requested are
   * removed too, and from nodes, where `idle`, images that have a name but no VM there. While a file arrives the library is left out, and
   * swept later.
   */
  collect(options: CollectOptions): Promise<ImageCollection[]> {
    return this.#collect(() => this.#run(options, true));
  }

  #collect(run: () => Promise<ImageCollection[]>): Promise<ImageCollection[]> {
    const collecting = this.#sweeping.then(run);
    this.#sweeping = collecting.catch(() => undefined);
    return collecting;
  }

  async #run({ dryRun, idle }: CollectOptions, withDownloads: boolean): Promise<ImageCollection[]> {
    const { store } = this.#options;
    const parts = withDownloads ? await this.#discardDownloads(dryRun) : 0;
    const kept = await store.images.contents();
    const snapshot = idle ? await store.placement.snapshot() : null;
    const keptOn = (node: Node): readonly string[] => (snapshot === null ? kept : neededOn(node, snapshot));
    const onNodes = await Promise.all((await store.nodes.list()).map((node) => this.#collectOn(node, keptOn(node), dryRun)));
    const library = await this.#collectLibrary(new Set(kept), dryRun);
    return [{ ...library, bytes: library.bytes + parts }, ...onNodes.flatMap((found) => found ?? [])];
  }

  async #discardDownloads(dryRun: boolean): Promise<number> {
    const { store, fetcher } = this.#options;
    const asked = new Set((await store.imagePulls.list()).map(({ name }) => name));
    return await fetcher.discard((name) => !asked.has(name), dryRun);
  }

  async #collectLibrary(kept: ReadonlySet<string>, dryRun: boolean): Promise<ImageCollection> {
    const { library } = this.#options;
    if (this.#arriving > 0) {
      this.#owed = true;
      return { node: null, images: [], bytes: 0, failure: 'an image is arriving; what nothing needs is removed after that' };
    }
    const images = (await library.list()).filter((sha256) => !kept.has(sha256));
    let bytes = 0;
    for (const sha256 of images) {
      bytes += await library.occupied(sha256);
      if (!dryRun) await library.remove(sha256);
    }
    return { node: null, images, bytes, failure: null };
  }

  async #collectOn({ id, config, observed }: Node, kept: readonly string[], dryRun: boolean): Promise<ImageCollection | null> {
    const { delivery, fleet } = this.#options;
    if (observed.status !== 'ready') {
      return { node: config.name, images: [], bytes: 0, failure: `nothing was removed there, as the node is ${observed.status}` };
    }
    const worker = fleet.worker(id);
    if (worker === null) return null;
    try {
      const { host, layout } = await worker.connection();
      const { images, bytes } = await delivery.collect(host, layout, kept, { dryRun });
      return { node: config.name, images, bytes, failure: null };
    } catch (thrown) {
      return { node: config.name, images: [], bytes: 0, failure: inWords(thrown) };
    }
  }
}

/** The sha256 of images kept on the node in advance, and of images needed by VMs that are there or move there. */
function neededOn({ id, config }: Node, { vms, images }: PlacementSnapshot): string[] {
  const targets = new Set(['all', `pool:${config.pool}`, `node:${config.name}`]);
  const kept = [...images.values()].filter(({ prepull }) => prepull.some((target) => targets.has(target)));
  const used = vms
    .filter(({ nodeId, movingTo }) => nodeId === id || movingTo === id)
    .flatMap(({ imageId, volumes }) => [imageId, ...volumes.map((volume) => volume.imageId)])
    .flatMap((image) => images.get(image ?? '') ?? []);
  return [...new Set([...kept, ...used].flatMap(({ content }) => content?.sha256 ?? []))];
}
