/** The controller's own store of image files, each kept once, under the sha256 of its content. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CroftError } from '../model/error.ts';
import { type ImageFormat, imageFormats } from '../model/image.ts';
import { type ImageFacts, inspectImage } from './inspect.ts';

export interface LibraryImage extends ImageFacts {
  /** Lower-case hex. */
  sha256: string;
  /** Size of the file in bytes. */
  size: number;
}

export interface ImageLibrary {
  /**
   * Takes in an image from a file of this machine or from a stream; resolves when it is durable on disk.
   * Rejects with `image.unusable`, `disk.full` or `input.invalid`; nothing of it stays then.
   */
  add(source: string | Readable): Promise<LibraryImage>;
  path(sha256: string, format: ImageFormat): string;
  /** The sha256 of each image that is there. */
  list(): Promise<string[]>;
  /** Removing what is not there does no harm. */
  remove(sha256: string): Promise<void>;
}

export interface ImageLibraryOptions {
  /** Made where it is missing. One controller at a time uses it. */
  folder: string;
  inspect?: (file: string, name: string) => Promise<ImageFacts>;
}

/** Opens the library and removes what an interrupted `add` left in it. */
export async function openImageLibrary({ folder, inspect = inspectImage }: ImageLibraryOptions): Promise<ImageLibrary> {
  await mkdir(folder, { recursive: true });
  const leftovers = (await readdir(folder)).filter((name) => name.endsWith('.partial'));
  await Promise.all(leftovers.map((name) => rm(path.join(folder, name), { force: true })));

  const pathOf = (sha256: string, format: ImageFormat) => path.join(folder, `${checked(sha256)}.${format}`);
  return {
    path: pathOf,
    async add(source) {
      const partial = path.join(folder, `${randomUUID()}.partial`);
      try {
        const written = await writeDurably(source, partial);
        const image = { ...written, ...(await inspect(partial, typeof source === 'string' ? source : 'what was sent')) };
        await rename(partial, pathOf(image.sha256, image.format));
        await synchronise(folder);
        return image;
      } catch (thrown) {
        throw asLibraryError(thrown, folder, source);
      } finally {
        await rm(partial, { force: true });
      }
    },
    async list() {
      return (await readdir(folder)).flatMap((name) => /^([0-9a-f]{64})\./.exec(name)?.[1] ?? []);
    },
    async remove(sha256) {
      await Promise.all(imageFormats.map((format) => rm(pathOf(sha256, format), { force: true })));
    },
  };
}

async function writeDurably(source: string | Readable, target: string): Promise<{ sha256: string; size: number }> {
  const digest = createHash('sha256');
  let size = 0;
  await using file = await open(target, 'wx', 0o644);
  await pipeline(typeof source === 'string' ? createReadStream(source) : source, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      digest.update(chunk);
      size += chunk.length;
      await file.writeFile(chunk);
    }
  });
  await file.sync();
  return { sha256: digest.digest('hex'), size };
}

/** A renamed file is certain to be found after a power loss only once its folder is written too. */
async function synchronise(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

function asLibraryError(thrown: unknown, folder: string, source: string | Readable): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown;
  if (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT') {
    return new CroftError('disk.full', `The image does not fit into the library ${folder}: the disk is full`, {
      hint: 'Make room there, or remove images with: croft image rm NAME',
      cause: thrown,
    });
  }
  if (typeof source === 'string' && ['ENOENT', 'EACCES', 'EISDIR'].includes(String(thrown.code))) {
    return new CroftError('input.invalid', `The image file ${source} cannot be read: ${thrown.message}`, { cause: thrown });
  }
  return thrown;
}

function checked(sha256: string): string {
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new CroftError('internal', `${JSON.stringify(sha256)} is no sha256`);
}
