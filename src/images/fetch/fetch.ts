/** Fetches the images of definitions into the library, each once for any number of callers. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { ImageDefinition } from '../../model/image/definition.ts';
import type { ImageLibrary } from '../library/library.ts';
import { type ImageLimits, usualLimits } from '../library/limits.ts';
import { type FetchedImage, type FetchProgress, type FetchTools, fetchImage } from './image.ts';
import { discardParts, removeLeftovers } from './leftovers.ts';
import { createRequester, type ProxyEnvironment, type RequestTimes } from './request.ts';
import type { TryOptions } from './tries.ts';

export type { FetchedImage, FetchProgress } from './image.ts';

export interface ImageFetcher {
  /**
   * Resolves once the image is durable in the library. Concurrent calls for the same definition share one download; each caller receives
   * the progress, and the download is aborted when the last caller has aborted. The next call resumes a partial download. Rejects with
   * `image.fetch`, which names each source and why it failed, `image.unusable`, `disk.full`, `node.unfit` or the signal's reason; the
   * library then has nothing of the image.
   */
  fetch(
    definition: ImageDefinition,
    options?: { onProgress?: (progress: FetchProgress) => void; signal?: AbortSignal },
  ): Promise<FetchedImage>;
  /**
   * Removes the partial downloads of these names without a fetch in progress, or only counts them; resolves with the bytes that they
   * take.
   */
  discard(isUnwanted: (name: string) => boolean, dryRun?: boolean): Promise<number>;
}

export interface ImageFetcherOptions {
  library: Pick<ImageLibrary, 'take'>;
  /** For partial downloads, on the library's file system. Created where missing; all its content belongs to this fetcher. */
  folder: string;
  /** `http_proxy`, `https_proxy`, `no_proxy` and their upper-case forms. */
  proxies: ProxyEnvironment;
  /** ms since 1970. */
  now: () => number;
  limits?: ImageLimits;
  times?: RequestTimes;
  tries?: TryOptions;
  /** Bytes after which the progress of a download is recorded, so that another process can resume there. */
  interval?: number;
}

interface Running {
  image: Promise<FetchedImage>;
  listeners: Set<(progress: FetchProgress) => void>;
  latest: FetchProgress | null;
  waiting: number;
  abort: AbortController;
}

/** Throws `input.invalid` for an invalid proxy. */
export function createImageFetcher(options: ImageFetcherOptions): ImageFetcher {
  const { library, folder, now, limits = usualLimits, interval = 32 * 1024 ** 2 } = options;
  const { times = { answer: 30_000, idle: 60_000 }, tries = { count: 5, firstDelay: 1000 } } = options;
  const tools: FetchTools = { library, folder, limits, tries, interval, requester: createRequester(options.proxies, times) };
  const running = new Map<string, Running>();

  function begin(definition: ImageDefinition, key: string): Running {
    const abort = new AbortController();
    const one: Running = { image: run(), listeners: new Set(), latest: null, waiting: 0, abort };
    // Every waiting caller learns of a failure by its own promise.
    one.image.catch(() => undefined);
    running.set(key, one);
    return one;

    async function run(): Promise<FetchedImage> {
      await Promise.resolve();
      try {
        await mkdir(folder, { recursive: true });
        await removeLeftovers({ folder, name: definition.name, key, running: new Set(running.keys()), now: now() });
        const onProgress = (progress: FetchProgress) => {
          one.latest = progress;
          for (const listener of one.listeners) listener(progress);
        };
        return await fetchImage(tools, { definition, key, signal: abort.signal, onProgress });
      } finally {
        if (running.get(key) === one) running.delete(key);
      }
    }
  }

  return {
    async discard(isUnwanted, dryRun = false) {
      // Downloads without callers are about to end, and record their progress before that.
      const ending = [...running.values()].filter(({ abort }) => abort.signal.aborted);
      await Promise.all(ending.map(({ image }) => image.catch(() => undefined)));
      return await discardParts({ folder, running: new Set(running.keys()), isUnwanted, dryRun });
    },
    async fetch(definition, { onProgress, signal } = {}) {
      signal?.throwIfAborted();
      const key = keyOf(definition);
      const found = running.get(key);
      // A download without callers is about to end, and its files with it.
      if (found?.abort.signal.aborted === true) await found.image.catch(() => undefined);
      signal?.throwIfAborted();
      const one = running.get(key) ?? begin(definition, key);
      if (onProgress !== undefined && one.latest !== null) onProgress(one.latest);
      return await join(one, onProgress, signal);
    },
  };
}

async function join(one: Running, onProgress?: (progress: FetchProgress) => void, signal?: AbortSignal): Promise<FetchedImage> {
  // A wrapper of its own, so that a caller who asks twice is notified twice.
  const listener = (progress: FetchProgress) => onProgress?.(progress);
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal?.reason);
  signal?.addEventListener('abort', leave);
  one.listeners.add(listener);
  one.waiting += 1;
  try {
    return await Promise.race([one.image, left]);
  } finally {
    signal?.removeEventListener('abort', leave);
    one.listeners.delete(listener);
    one.waiting -= 1;
    if (one.waiting === 0) one.abort.abort();
  }
}

/** Equal for definitions of the same file: name and traits do not matter. */
function keyOf({ sources, checksum, compression, format }: ImageDefinition): string {
  return createHash('sha256')
    .update(JSON.stringify([sources, checksum, compression, format]))
    .digest('hex');
}
