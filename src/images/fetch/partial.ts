/** The downloaded part of a file, kept beside a note that identifies it, so that another process can resume. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Algorithm, SparseFile } from '../library/sparse-file.ts';

/** The properties that must be equal for a download to be resumed. */
export interface Origin {
  /** The sha256 of the URL, which may contain a password. */
  source: string;
  /** For If-Range and If-None-Match or If-Modified-Since; null where the server gives nothing to resume by. */
  validator: Validator | null;
  /** Bytes of the whole file; null where the server does not report it. */
  total: number | null;
}

const validatorSchema = z.object({ kind: z.enum(['etag', 'date']), value: z.string() });
export type Validator = z.infer<typeof validatorSchema>;

/**
 * `length` bytes were written, and their hash is `digest`, by the algorithm of the download. Nothing waits for the disk: the digest
 * reveals losses by a power failure.
 */
const noteSchema = z.object({
  name: z.string(),
  source: z.string(),
  validator: validatorSchema,
  total: z.int().nullable(),
  length: z.int(),
  digest: z.string(),
});
export type Note = z.infer<typeof noteSchema>;

export interface PartialOptions {
  path: string;
  /** The definition's, kept with it. */
  name: string;
  /** The note's digest uses the first algorithm. */
  algorithms: readonly [Algorithm, ...Algorithm[]];
  /** Bytes after which the progress is recorded. */
  interval: number;
  /** The file becomes the image; otherwise its content is only passed through. */
  durable: boolean;
}

export function notePath(file: string): string {
  return `${file}.json`;
}

/** Null where there is no readable note. */
export async function readNote(file: string): Promise<Note | null> {
  const text = await readFile(notePath(file), 'utf8').catch(() => null);
  try {
    return text === null ? null : noteSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function removePartial(file: string): Promise<void> {
  await Promise.all([notePath(file), `${notePath(file)}.new`, file].map((each) => rm(each, { force: true })));
}

/** A download in progress. Disposing of it records its progress. */
export class PartialFile implements AsyncDisposable {
  readonly #options: PartialOptions;
  readonly #file: SparseFile;
  #origin: Origin;
  #noted: number;
  #noting: Promise<void> = Promise.resolve();
  #isNoting = false;
  /** The file came over several connections, so its parts may be of different files. */
  pieced = false;

  private constructor(options: PartialOptions, file: SparseFile, origin: Origin, noted: number) {
    this.#options = options;
    this.#file = file;
    this.#origin = origin;
    this.#noted = noted;
  }

  static async create(options: PartialOptions, source: string): Promise<PartialFile> {
    await removePartial(options.path);
    return new PartialFile(options, await SparseFile.create(options.path, options), { source, validator: null, total: null }, 0);
  }

  /** `restored` must be read to its end; either rejects with StaleDownload where the file does not match its note. */
  static async reopen(options: PartialOptions, note: Note): Promise<{ partial: PartialFile; restored: AsyncGenerator<Buffer> }> {
    const { file, restored } = await SparseFile.reopen(options.path, note.length, options).catch((thrown: unknown) => {
      // A process that was killed after the file had become an image, and before its note was removed, leaves the note alone.
      throw isMissing(thrown) ? new StaleDownload(gone, { cause: thrown }) : thrown;
    });
    const partial = new PartialFile(options, file, note, note.length);
    partial.pieced = true;
    return { partial, restored: checked(restored, () => file.digest(options.algorithms[0]) === note.digest) };
  }

  get length(): number {
    return this.#file.size;
  }

  get origin(): Origin {
    return this.#origin;
  }

  identify(origin: Omit<Origin, 'source'>): void {
    this.#origin = { ...origin, source: this.#origin.source };
  }

  async append(chunk: Buffer): Promise<void> {
    await this.#file.write(chunk);
    if (!this.#isNoting && this.#isDue()) this.#noteMeanwhile();
  }

  /** The whole file is present. Content that is only passed through is recorded no more. */
  async finish(): Promise<void> {
    await this.#file.finish();
    await this.#noting;
    if (this.#options.durable) await this.#note();
    else this.#noted = this.length;
  }

  /** After `finish`. */
  digest(algorithm: Algorithm): string {
    return this.#file.digest(algorithm);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A failure to write the note only means that more is downloaded again.
    await this.#noting.catch(() => undefined);
    if (this.length > this.#noted) await this.#noteRest().catch(() => undefined);
    await this.#file[Symbol.asyncDispose]();
  }

  /** Nothing waits for it. */
  #noteMeanwhile(): void {
    this.#isNoting = true;
    this.#noting = this.#noteAll().finally(() => {
      this.#isNoting = false;
    });
    // The failure is handled at the end.
    this.#noting.catch(() => undefined);
  }

  /** Includes content that arrives while the note is written. */
  async #noteAll(): Promise<void> {
    do await this.#note();
    while (this.#isDue());
  }

  async #noteRest(): Promise<void> {
    await this.#file.flush();
    await this.#note();
  }

  #isDue(): boolean {
    return this.#file.passed - this.#noted >= this.#options.interval;
  }

  /** The number of bytes that have passed so far. */
  async #note(): Promise<void> {
    const length = this.#file.passed;
    const { source, validator, total } = this.#origin;
    const { path, name, algorithms } = this.#options;
    const digest = (await this.#file.settle())[algorithms[0]];
    this.#noted = length;
    if (validator === null || digest === undefined) return;
    const note: Note = { name, source, validator, total, length, digest };
    await writeNote(path, note);
  }
}

/** The partial download cannot be resumed, and the download begins again. */
export class StaleDownload extends Error {
  override readonly name = 'StaleDownload';
}

const gone = 'what had been downloaded is not on the disk any more as it was';

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

async function* checked(restored: AsyncGenerator<Buffer>, isRight: () => boolean): AsyncGenerator<Buffer> {
  yield* restored;
  if (!isRight()) throw new StaleDownload(gone);
}

async function writeNote(file: string, note: Note): Promise<void> {
  await writeFile(`${notePath(file)}.new`, JSON.stringify(note), { mode: 0o600 });
  await rename(`${notePath(file)}.new`, notePath(file));
}
