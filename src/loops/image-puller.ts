/** The loop that fetches the requested images: a few at a time, repeated after failures, until the images are in the library. */
import { Backoff } from '../model/backoff.ts';
import { asCroftError } from '../model/error.ts';
import type { ImageDefinition } from '../model/image/definition.ts';
import type { Image, ImageContent, ImagePull } from '../model/image/image.ts';
import type { PullProgress } from '../model/image/view.ts';
import type { Store } from '../store/store.ts';
import type { Journal } from './journal.ts';
import { Loop } from './loop.ts';
import { inWords } from './node/recorder.ts';

/**
 * Fetches content into the library; `source` is the URL that delivered it in the end, `failures` the URLs tried before it, without
 * credentials.
 */
export interface ImageFetcher {
  fetch(
    definition: ImageDefinition,
    options: { onProgress(progress: PullProgress): void; signal: AbortSignal },
  ): Promise<ImageContent & { source: string; failures: readonly { source: string; reason: string }[] }>;
  /** Removes the downloads of these names unless a download resumes them. */
  discard(isUnwanted: (name: string) => boolean): Promise<unknown>;
}

export interface ImagePullerOptions {
  store: Pick<Store, 'images' | 'imagePulls'>;
  fetcher: ImageFetcher;
  journal: Journal;
  /** Adds a file to the library and its row to the store, with no sweep in between. */
  arriving<T>(work: () => Promise<T>): Promise<T>;
  /** An image has its content. */
  changed(): void;
  failed(error: unknown): void;
  now(): number;
}

/** The number of parallel downloads; a download that received nothing within `slowStart` ms after its beginning does not count. */
const mostAtOnce = 2;
const mostWithSlow = 8;
const slowStart = 5_000;
const interval = 60_000;
const backoff = new Backoff({ first: 5_000, longest: 300_000 });
/** An image that no VM waits for is given up after this many attempts. */
const mostAttempts = 3;
/** Progress events are written at each tenth, and no more often than this, in ms. */
const progressEvery = 1_000;

interface Fetching {
  createdAt: number;
  /** ms since 1970. */
  begunAt: number;
  abort: AbortController;
  progress: PullProgress | null;
  ended: Promise<void>;
}

export class ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #loop: Loop;
  readonly #fetching = new Map<string, Fetching>();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
    this.#loop = new Loop({
      pass: () => this.#pass(),
      failed: (error) => {
        options.failed(error);
        return interval;
      },
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Progress of the fetch of an image; null where no fetch is in progress. */
  progress(name: string): PullProgress | null {
    return this.#fetching.get(name)?.progress ?? null;
  }

  /** The image was removed: its download ends, and its partial file is deleted. */
  async forget(name: string): Promise<void> {
    this.wake();
    await this.#fetching.get(name)?.ended;
    await this.#options.fetcher.discard((each) => each === name);
  }

  /** Aborts downloads; the next controller resumes them. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    const all = [...this.#fetching.values()];
    for (const { abort } of all) abort.abort();
    await Promise.all(all.map(({ ended }) => ended));
  }

  async #pass(): Promise<number> {
    const { store, now } = this.#options;
    const pulls = await store.imagePulls.list();
    this.#cutOff(pulls);
    const due = pulls.filter(({ name, retryAt }) => !this.#fetching.has(name) && (retryAt === null || retryAt <= now()));
    for (const pull of due) {
      if (pull.attempts >= mostAttempts && (await this.#giveUp(pull))) continue;
      if (this.#hasRoom()) this.#start(pull);
    }
    const waits = pulls.flatMap(({ retryAt }) => (retryAt !== null && retryAt > now() ? [retryAt - now()] : []));
    const isHeldUp = due.some(({ name }) => !this.#fetching.has(name));
    return Math.min(interval, ...waits, ...(isHeldUp ? [slowStart] : []));
  }

  #hasRoom(): boolean {
    const { now } = this.#options;
    const busy = [...this.#fetching.values()].filter(({ progress, begunAt }) => progress !== null || now() - begunAt < slowStart);
    return busy.length < mostAtOnce && this.#fetching.size < mostWithSlow;
  }

  /** Ends downloads that are no longer requested, or are requested with other settings. */
  #cutOff(pulls: readonly ImagePull[]): void {
    const asked = new Map(pulls.map(({ name, createdAt }) => [name, createdAt]));
    for (const [name, { createdAt, abort }] of this.#fetching) if (asked.get(name) !== createdAt) abort.abort();
  }

  async #giveUp({ name, reason }: ImagePull): Promise<boolean> {
    const { store, journal } = this.#options;
    if (!(await store.imagePulls.giveUp(name))) return false;
    const message = `image ${name} was given up, as nothing waits for it: ${reason}`;
    journal.record({ kind: 'image.given-up', message, data: { image: name, reason: reason ?? '' } });
    return true;
  }

  #start(pull: ImagePull): void {
    const abort = new AbortController();
    const { createdAt } = pull;
    const fetching: Fetching = { createdAt, begunAt: this.#options.now(), abort, progress: null, ended: Promise.resolve() };
    this.#fetching.set(pull.name, fetching);
    fetching.ended = this.#fetch(pull, fetching)
      .catch((error: unknown) => this.#options.failed(error))
      .finally(() => {
        this.#fetching.delete(pull.name);
        this.wake();
      });
  }

  async #fetch(pull: ImagePull, fetching: Fetching): Promise<void> {
    const { store, fetcher, journal, arriving, changed } = this.#options;
    const { name, definition } = pull;
    const { signal } = fetching.abort;
    const onProgress = this.#reporter(name, fetching);
    let passedOver = '';
    try {
      const image = await arriving(async (): Promise<Image | null> => {
        const { sha256, format, size, virtualSize, source, failures } = await fetcher.fetch(definition, { onProgress, signal });
        passedOver = failures.map((failed) => `; ${failed.source} did not give it: ${failed.reason}`).join('');
        const content: ImageContent = { sha256, format, size, virtualSize };
        if (signal.aborted) return null;
        return await store.imagePulls.fulfil(pull, { name, content, traits: definition.traits, origin: source });
      });
      if (image === null) return;
      const sha256 = image.content?.sha256 ?? '';
      journal.record({ kind: 'image.added', message: `image ${name} is sha256:${sha256}${passedOver}`, data: { image: name, sha256 } });
      changed();
    } catch (thrown) {
      if (!signal.aborted) await this.#failed(pull, thrown);
    }
  }

  async #failed(pull: ImagePull, thrown: unknown): Promise<void> {
    const { store, journal, now, changed } = this.#options;
    const { name, attempts } = pull;
    const reason = inWords(asCroftError(thrown));
    const pause = backoff.wait(attempts + 1);
    await store.imagePulls.failed(pull, reason, now() + pause);
    const message = `image ${name} was not fetched: ${reason}`;
    journal.record({ kind: 'image.failed', message, data: { image: name, sha256: null, reason } });
    changed();
  }

  #reporter(name: string, fetching: Fetching): (progress: PullProgress) => void {
    const { journal, now } = this.#options;
    let [tenth, told] = [0, Number.NEGATIVE_INFINITY];
    return (progress) => {
      fetching.progress = progress;
      const { received, total, phase } = progress;
      if (total === null || total === 0) return;
      const reached = Math.floor((received / total) * 10);
      if (reached <= tenth || now() - told < progressEvery) return;
      [tenth, told] = [reached, now()];
      const percent = reached * 10;
      journal.record({ kind: 'image.fetching', message: `image ${name}: ${phase} ${percent} %`, data: { image: name, phase, percent } });
    };
  }
}
