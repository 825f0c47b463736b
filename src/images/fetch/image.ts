/** Fetches one image: tries one source after the other, then checks, unpacks, and adds the image to the library. */
import { createHash } from 'node:crypto';
import { rm, statfs } from 'node:fs/promises';
import { CroftError } from '../../model/error.ts';
import type { ImageDefinition } from '../../model/image/definition.ts';
import { formatSize } from '../../model/input/unit.ts';
import { urlWords } from '../../model/input/url-words.ts';
import { asFullDisk, fullDisk, unusable } from '../library/failures.ts';
import type { CompleteFile, ImageLibrary, LibraryImage } from '../library/library.ts';
import type { ImageLimits } from '../library/limits.ts';
import { type Algorithm, SparseFile } from '../library/sparse-file.ts';
import { type ExpectedChecksum, expectedChecksum } from './checksum.ts';
import { decompress } from './decompress.ts';
import { download } from './download.ts';
import { SourceFailure } from './failure.ts';
import { contentFile, partialFile } from './leftovers.ts';
import { readLocal } from './local.ts';
import { PartialFile, readNote, removePartial, StaleDownload } from './partial.ts';
import { readAhead } from './read-ahead.ts';
import type { Requester } from './request.ts';
import { Tries, type TryOptions } from './tries.ts';
import { CorruptStream } from './unpack-frames.ts';
import { parseSource } from './url.ts';

/** `received` and `total` are bytes of the published file, or of the disk during its conversion; `total` is null where it is unknown. */
export interface FetchProgress {
  phase: 'download' | 'convert';
  received: number;
  total: number | null;
  /** The URL, without credentials. */
  source: string;
}

export interface FetchedImage extends LibraryImage {
  /** The source that delivered the image, without credentials. */
  source: string;
  /** The sources that did not deliver the image, and why. */
  failures: readonly SourceFailed[];
}

export interface SourceFailed {
  /** Without credentials. */
  source: string;
  reason: string;
}

/** The settings shared by all fetches of one fetcher. */
export interface FetchTools {
  library: Pick<ImageLibrary, 'take'>;
  /** For partial downloads. */
  folder: string;
  requester: Requester;
  limits: ImageLimits;
  tries: TryOptions;
  /** Bytes after which the progress of a download is recorded. */
  interval: number;
}

export interface FetchRequest {
  definition: ImageDefinition;
  /** Names its files in the folder. */
  key: string;
  signal: AbortSignal;
  onProgress(progress: FetchProgress): void;
}

/** Bytes of a large disk that downloads must leave free; of a small disk a hundredth. */
const mostReserve = 256 * 1024 ** 2;

/** The name of the delivered file in the messages of a source. */
const thing = 'the file';

/** Rejects with `image.fetch`, `image.unusable`, `disk.full`, `node.unfit` or the signal's reason. */
export async function fetchImage(tools: FetchTools, request: FetchRequest): Promise<FetchedImage> {
  const { definition, signal } = request;
  const { name, sources } = definition;
  const checksum = await expectedChecksum(name, definition.checksum, tools.requester, new Tries(tools.tries), signal);
  const failed = new Map<string, SourceFailure>();
  const failures = () => [...failed].map(([source, { message }]) => ({ source: urlWords(source), reason: message }));
  // A source that only does not answer does not delay the next one, and gets its tries after all others had one.
  for (const isLast of sources.length === 1 ? [true] : [false, true]) {
    for (const source of sources) {
      if (failed.get(source)?.transient === false) continue;
      try {
        const image = await new SourceFetch(tools, request, checksum, source, new Tries(tools.tries, !isLast)).run();
        failed.delete(source);
        return { ...image, source: urlWords(source), failures: failures() };
      } catch (thrown) {
        signal.throwIfAborted();
        const failure = asGivenUp(thrown);
        if (failure === null) throw thrown;
        failed.set(source, failure);
      }
    }
  }
  throw allFailed(name, failed);
}

class SourceFetch {
  readonly #tools: FetchTools;
  readonly #request: FetchRequest;
  readonly #checksum: ExpectedChecksum | null;
  readonly #source: string;
  readonly #tries: Tries;
  /** Bytes that were announced and have arrived, reported in steps. */
  #told = 0;

  constructor(tools: FetchTools, request: FetchRequest, checksum: ExpectedChecksum | null, source: string, tries: Tries) {
    this.#tools = tools;
    this.#request = request;
    this.#checksum = checksum;
    this.#source = source;
    this.#tries = tries;
  }

  /** Files that the next fetch can use stay: an interrupted download, or one that needs a program which this machine lacks. */
  async run(): Promise<LibraryImage> {
    const { folder, library } = this.#tools;
    const { key, definition, signal } = this.#request;
    const partial = partialFile(folder, key);
    try {
      const file = await this.#obtain();
      const image = await library.take(file, {
        name: thing,
        format: definition.format,
        signal,
        onConversion: (done, total) => this.#tell('convert', Math.round(done * total), total),
      });
      await removePartial(partial);
      return image;
    } catch (thrown) {
      const known = asFullDisk(thrown, folder);
      // Without a note the download cannot be resumed.
      if (isWorthless(known) || (await readNote(partial)) === null) await removePartial(partial);
      throw known;
    } finally {
      await rm(contentFile(folder, key), { force: true });
    }
  }

  /** Begins again as often as the downloaded part turns out to be useless; only a resumed download can. */
  async #obtain(): Promise<CompleteFile> {
    for (;;) {
      try {
        return await this.#attempt();
      } catch (thrown) {
        if (!(thrown instanceof StaleDownload)) throw thrown;
        await removePartial(partialFile(this.#tools.folder, this.#request.key));
      }
    }
  }

  async #attempt(): Promise<CompleteFile> {
    const { folder, limits } = this.#tools;
    const { key, definition, signal } = this.#request;
    const { partial, restored } = await this.#openPartial();
    await using _ = partial;
    const stop = new AbortController();
    const published = this.#publishedBytes(partial, restored, AbortSignal.any([signal, stop.signal]));
    if (definition.compression === 'none') {
      // The pieces are in the partial file already, which becomes the image.
      for await (const piece of published) void piece;
      await partial.finish();
      this.#check(partial);
      return { path: partialFile(folder, key), sha256: partial.digest('sha256') };
    }
    await using content = await SparseFile.create(contentFile(folder, key), { algorithms: ['sha256'], durable: true });
    for await (const piece of decompress(readAhead(published, stop), definition.compression)) {
      try {
        // The unpacked content may be a thousand times as large as the download.
        signal.throwIfAborted();
        await content.write(piece);
        if (content.size > limits.content) throw tooLarge(`unpacked it has more than ${formatSize(limits.content)}`);
      } catch (thrown) {
        stop.abort(thrown);
        throw thrown;
      }
    }
    await partial.finish();
    this.#check(partial);
    await content.finish();
    return { path: contentFile(folder, key), sha256: content.digest('sha256') };
  }

  async #openPartial(): Promise<{ partial: PartialFile; restored: AsyncGenerator<Buffer> | null }> {
    const { folder, interval } = this.#tools;
    const { key, definition } = this.#request;
    const published: Algorithm = this.#checksum?.algorithm ?? 'sha256';
    // Unpacked content is stored as it arrives.
    const durable = definition.compression === 'none';
    const algorithms = [published, ...(durable && published !== 'sha256' ? ['sha256' as const] : [])] as const;
    const options = { path: partialFile(folder, key), name: definition.name, algorithms, interval, durable };
    const source = createHash('sha256').update(this.#source).digest('hex');
    const note = await readNote(options.path);
    if (note !== null && note.source === source) return await PartialFile.reopen(options, note);
    return { partial: await PartialFile.create(options, source), restored: null };
  }

  async *#publishedBytes(partial: PartialFile, restored: AsyncGenerator<Buffer> | null, signal: AbortSignal): AsyncGenerator<Buffer> {
    const url = parseSource(this.#source);
    const { requester, limits } = this.#tools;
    const received = (length: number, total: number | null) => {
      if (length > limits.content) throw tooLarge(`it has more than ${formatSize(limits.content)}`);
      this.#tell('download', length, total);
    };
    if (restored !== null) {
      for await (const piece of restored) {
        // Reading some GiB again takes long.
        signal.throwIfAborted();
        received(partial.length, partial.origin.total);
        yield piece;
      }
      this.#tries.reached(partial.length);
    }
    const announced = (total: number) => this.#makeSure(total);
    if (url.protocol === 'file:') yield* readLocal({ url, partial, signal, announced, received });
    else yield* download({ url, partial, requester, tries: this.#tries, signal, announced, received });
  }

  /** Checks that a file of this size is allowed and fits. */
  async #makeSure(total: number): Promise<void> {
    const { limits, folder } = this.#tools;
    if (total > limits.content) throw tooLarge(`it has ${total} bytes, more than ${formatSize(limits.content)}`);
    const { bavail, blocks, bsize } = await statfs(folder);
    // The database is on this disk too, and a disk without a free byte could not even record a removal.
    const room = bavail * bsize - Math.min(mostReserve, Math.ceil(blocks / 100) * bsize);
    if (total <= room) return;
    throw fullDisk(`The image ${this.#request.definition.name} has ${total} bytes, and ${folder} has room for ${Math.max(0, room)}`);
  }

  #check(partial: PartialFile): void {
    if (this.#checksum === null) return;
    const { algorithm, value } = this.#checksum;
    const found = partial.digest(algorithm);
    if (found === value) return;
    if (partial.pieced) throw new StaleDownload('its parts do not make up the file');
    throw new SourceFailure(`its ${algorithm} is ${found} and should be ${value}`, { content: true });
  }

  /** A report for each piece would be too frequent. */
  #tell(phase: FetchProgress['phase'], received: number, total: number | null): void {
    const step = Math.max(1024 ** 2, (total ?? 0) / 200);
    if (phase === 'download' && received !== total && Math.abs(received - this.#told) < step) return;
    this.#told = received;
    this.#request.onProgress({ phase, received, total, source: urlWords(this.#source) });
  }
}

/** The failure of one source, after which the next one is tried; null where no other source would help. */
function asGivenUp(thrown: unknown): SourceFailure | null {
  if (thrown instanceof SourceFailure) return thrown;
  if (thrown instanceof CorruptStream)
    return new SourceFailure(`it cannot be unpacked: ${thrown.message}`, { content: true, cause: thrown });
  if (thrown instanceof CroftError && thrown.code === 'image.unusable')
    return new SourceFailure(thrown.message, { content: true, cause: thrown });
  return null;
}

function isWorthless(thrown: unknown): boolean {
  if (thrown instanceof CroftError) return thrown.code === 'image.unusable' || thrown.code === 'disk.full';
  return thrown instanceof CorruptStream || (thrown instanceof SourceFailure && thrown.content);
}

function tooLarge(reason: string): CroftError {
  return unusable(thing, `${reason}, the most that is taken in`);
}

function allFailed(name: string, failed: ReadonlyMap<string, SourceFailure>): CroftError {
  const failures = [...failed.values()];
  const areContent = failures.every(({ content }) => content);
  const reasons = [...failed].map(([source, { message }]) => `${urlWords(source)}: ${message}`);
  const from = failures.length === 1 ? '' : `any of its ${failures.length} sources: `;
  const inner = failures.map(({ cause }) => cause).find((cause) => cause instanceof CroftError && cause.hint !== undefined);
  const hint =
    inner instanceof CroftError && inner.hint !== undefined
      ? inner.hint
      : areContent
        ? 'See whether sources, checksum, compression and format in the image map are those of the image.'
        : failures.every(({ message }) => /^it answered with status 4/.test(message))
          ? 'The server is reached and has no such file: see whether the URL is still right.'
          : 'See whether the controller reaches the server, through http_proxy or https_proxy where it needs one.';
  return new CroftError(
    areContent ? 'image.unusable' : 'image.fetch',
    `The image ${name} could not be fetched from ${from}${reasons.join('; ')}`,
    {
      hint,
      cause: failures.at(-1),
    },
  );
}
