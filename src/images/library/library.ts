/** The controller's store of image files, each kept once, under the sha256 of its content. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, constants, copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { CroftError } from '../../model/error.ts';
import type { SourceFormat } from '../../model/image/definition.ts';
import { type ImageContent, type ImageFormat, imageFormats } from '../../model/image/image.ts';
import { formatSize } from '../../model/input/unit.ts';
import { convert } from './convert.ts';
import { asFullDisk, unusable } from './failures.ts';
import { inspectImage } from './inspect.ts';
import { type ImageLimits, usualLimits } from './limits.ts';
import { SparseFile } from './sparse-file.ts';

/** Of a file in the library: its sha256 in lower-case hex, its format, its size and that of the disk in bytes. */
export type LibraryImage = ImageContent;

/** A file that is durable already. */
export interface CompleteFile {
  path: string;
  sha256: string;
}

export interface TakeOptions {
  /** The name of the image in messages. */
  name: string;
  /** The expected hash; null permits any. */
  format?: SourceFormat | null;
  signal?: AbortSignal | undefined;
  /** Receives the finished part of a conversion, from 0 to 1, and the bytes of the disk; never called without a conversion. */
  onConversion?: (done: number, virtualSize: number) => void;
}

export interface ImageLibrary {
  /**
   * Adds an image from a file of this machine or from a stream; resolves when it is durable on disk. Formats other than qcow2, raw and
   * ISO are converted to qcow2. Rejects with `image.unusable`, `disk.full`, `node.unfit` or `input.invalid`; nothing of the image stays
   * then.
   */
  add(source: string | Readable): Promise<LibraryImage>;
  /**
   * Adds a file, without a copy where it lies on the library's file system. Rejects as `add` does, and then leaves the file in its place.
   */
  take(file: CompleteFile, options: TakeOptions): Promise<LibraryImage>;
  path(sha256: string, format: ImageFormat): string;
  /** Whether the file exists and has this content; reads the whole file. */
  verify(sha256: string, format: ImageFormat): Promise<boolean>;
  /** The sha256 of each image in the library. */
  list(): Promise<string[]>;
  /** Bytes of the disk that its files take. */
  occupied(sha256: string): Promise<number>;
  /** Removing a missing image does no harm. */
  remove(sha256: string): Promise<void>;
}

export interface ImageLibraryOptions {
  /** Created where missing. One controller at a time uses it. */
  folder: string;
  limits?: ImageLimits;
  inspect?: typeof inspectImage;
}

/** Opens the library and removes the remains of an interrupted `add`. */
export async function openImageLibrary({
  folder,
  limits = usualLimits,
  inspect = inspectImage,
}: ImageLibraryOptions): Promise<ImageLibrary> {
  await mkdir(folder, { recursive: true });
  const leftovers = (await readdir(folder)).filter((name) => name.endsWith('.partial'));
  await Promise.all(leftovers.map((name) => rm(path.join(folder, name), { force: true })));

  const pathOf = (sha256: string, format: ImageFormat) => path.join(folder, `${checked(sha256)}.${format}`);
  const partial = () => path.join(folder, `${randomUUID()}.partial`);

  async function publish(file: CompleteFile, format: ImageFormat, virtualSize: number): Promise<LibraryImage> {
    const { size } = await stat(file.path);
    await chmod(file.path, 0o644);
    await move(file.path, pathOf(file.sha256, format));
    await synchronise(folder);
    return { sha256: file.sha256, format, size, virtualSize };
  }

  async function move(source: string, target: string): Promise<void> {
    try {
      await rename(source, target);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EXDEV')) throw thrown;
      const copy = partial();
      try {
        await copyFile(source, copy, constants.COPYFILE_FICLONE);
        await synchronise(copy);
        await rename(copy, target);
      } finally {
        await rm(copy, { force: true });
      }
    }
  }

  async function store(file: CompleteFile, options: TakeOptions): Promise<LibraryImage> {
    const { name, format: wanted = null, signal, onConversion } = options;
    const { format, virtualSize } = await inspect(file.path, { name, largest: limits.virtualSize, signal });
    if (wanted !== null && wanted !== format) throw unusable(name, `it is said to be ${wanted}, and its content is ${format}`);
    if (format !== 'vmdk' && format !== 'vhdx') return await publish(file, format, virtualSize);
    const converted = partial();
    try {
      const onProgress = (done: number) => onConversion?.(done, virtualSize);
      await convert({ from: file.path, format, to: converted, name, limit: limits.content, signal, onProgress });
      const result = await inspect(converted, { name, largest: limits.virtualSize, signal });
      if (result.format !== 'qcow2') throw new CroftError('internal', `qemu-img converted ${name} to ${result.format} instead of qcow2`);
      const sha256 = await hash(converted);
      await synchronise(converted);
      return await publish({ path: converted, sha256 }, 'qcow2', result.virtualSize);
    } finally {
      await rm(converted, { force: true });
    }
  }

  return {
    path: pathOf,
    async add(source) {
      const file = partial();
      const name = typeof source === 'string' ? source : 'what was sent';
      try {
        const sha256 = await write(
          typeof source === 'string' ? createReadStream(source, { highWaterMark: 1024 ** 2 }) : source,
          file,
          (size) => {
            if (size > limits.content) throw unusable(name, `it has more than ${formatSize(limits.content)}`);
          },
        );
        return await store({ path: file, sha256 }, { name });
      } catch (thrown) {
        throw asInputError(asFullDisk(thrown, `the library ${folder}`), source);
      } finally {
        await rm(file, { force: true });
      }
    },
    async take(file, options) {
      try {
        return await store(file, options);
      } catch (thrown) {
        throw asFullDisk(thrown, `the library ${folder}`);
      }
    },
    async verify(sha256, format) {
      const found = await hash(pathOf(sha256, format)).catch((thrown: unknown) => {
        if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
        throw thrown;
      });
      return found === sha256;
    },
    async list() {
      return (await readdir(folder)).flatMap((name) => /^([0-9a-f]{64})\./.exec(name)?.[1] ?? []);
    },
    async occupied(sha256) {
      const files = await Promise.all(imageFormats.map((format) => stat(pathOf(sha256, format)).catch(() => null)));
      return files.reduce((sum, file) => sum + (file?.blocks ?? 0) * 512, 0);
    },
    async remove(sha256) {
      await Promise.all(imageFormats.map((format) => rm(pathOf(sha256, format), { force: true })));
    },
  };
}

/** Writes durably; resolves with the sha256. `check` receives the size so far and may throw. */
async function write(source: Readable, target: string, check: (size: number) => void): Promise<string> {
  // It may fail before it is read; a later reader learns of that.
  source.on('error', () => undefined);
  await using file = await SparseFile.create(target, { algorithms: ['sha256'], durable: true });
  for await (const chunk of source as AsyncIterable<Buffer>) {
    await file.write(chunk);
    check(file.size);
  }
  await file.finish();
  return file.digest('sha256');
}

async function hash(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 ** 2 })) digest.update(chunk);
  return digest.digest('hex');
}

/** For a file: its content survives a power loss. For a folder: renames in it do. */
async function synchronise(file: string): Promise<void> {
  await using handle = await open(file, 'r');
  await handle.sync();
}

function asInputError(thrown: unknown, source: string | Readable): unknown {
  if (typeof source !== 'string' || !(thrown instanceof Error) || !('code' in thrown)) return thrown;
  if (!['ENOENT', 'EACCES', 'EISDIR'].includes(String(thrown.code))) return thrown;
  return new CroftError('input.invalid', `The image file ${source} cannot be read: ${thrown.message}`, { cause: thrown });
}

function checked(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new CroftError('internal', `${JSON.stringify(sha256)} is no sha256`);
}
