/** The image map in force: the shipped catalogue, and over it the user's file, read again whenever it changed. */
import { readFile, stat } from 'node:fs/promises';
import { CroftError } from '../model/error.ts';
import { type ImageMap, mergeImageMaps } from '../model/image-map/image-map.ts';
import { readImageMap } from '../model/image-map/read.ts';
import { checkReferences } from '../model/image-map/references.ts';

/** Far more than any map may have; only that none fills the memory. */
const mostBytes = 16 * 1024 ** 2;

export interface ImageMapsOptions {
  catalogue: string;
  /** `required` where the user named the file: then it must be there. */
  own: { file: string; required: boolean };
  /** Names of the images in the store: aliases may lead to them. */
  stored(): Promise<ReadonlySet<string>>;
}

export interface ImageMaps {
  /** Rejects with `input.*`, naming file, line and column, where the user's file is wrong now. */
  current(): Promise<ImageMap>;
}

export function createImageMaps({ catalogue, own, stored }: ImageMapsOptions): ImageMaps {
  const readCatalogue = cached(catalogue, true);
  const readOwn = cached(own.file, own.required);
  return {
    async current() {
      const [base, over] = await Promise.all([readCatalogue(), readOwn()]);
      if (base === null) throw new Error('the shipped catalogue is missing');
      const map = over === null ? base : mergeImageMaps(base, over);
      checkReferences(map, await stored());
      return map;
    },
  };
}

/** Reads the file where its time or size is another than the last time; null where it may be missing and is. */
function cached(file: string, required: boolean): () => Promise<ImageMap | null> {
  let last: { version: string; map: ImageMap } | null = null;
  return async () => {
    try {
      const found = await stat(file);
      // Opening a pipe would wait for its other end, and a device has no end.
      if (!found.isFile()) throw new Error('it is not a regular file');
      const { mtimeMs, size, ino } = found;
      if (size > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
      const version = `${ino} ${mtimeMs} ${size}`;
      if (last?.version !== version) last = { version, map: readImageMap(await readFile(file, 'utf8'), file) };
      return last.map;
    } catch (cause) {
      if (cause instanceof CroftError) throw cause;
      if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new CroftError('input.invalid', `The image map ${file} cannot be read: ${(cause as Error).message}`, {
        hint: 'Correct the path given with --config or ORCH_CONFIG.',
        cause,
      });
    }
  };
}
