/** The image map in force: the shipped catalogue, overridden by the user's file, which is read again whenever it changed. */
import { readFile, stat } from 'node:fs/promises';
import { CroftError } from '../model/error.ts';
import { checkImageMap } from '../model/image/map/check.ts';
import { emptyImageMap, type ImageMap, imageMapSubject, mergeImageMaps } from '../model/image/map/image-map.ts';
import { type ExaminedImageMap, examineImageMap, readImageMap } from '../model/image/map/read.ts';
import { decodeUtf8 } from '../model/input/utf8.ts';

/** Far more than any real map has; only a protection of the memory. */
const mostBytes = 16 * 1024 ** 2;

export interface ImageMapsOptions {
  catalogue: string;
  /** `required` where the user named the file: then it must exist. */
  own: { file: string; required: boolean };
  /** Names of the images in the store: aliases may lead to them, and they take precedence over names of the catalogue. */
  stored(): Promise<ReadonlySet<string>>;
  /** The user's file is invalid, and its usable part, or its last valid content, is in force; called once for each distinct error. */
  broken?(error: CroftError): void;
}

export interface ImageMaps {
  /** Rejects with `input.*`, naming file, line and column, where the user's file is invalid now. */
  current(): Promise<ImageMap>;
  /**
   * As `current`, but where the file has become invalid, its last valid content. A name that leads nowhere does not invalidate the rest:
   * its image may have been removed, or is still to be imported.
   */
  inForce(): Promise<ImageMap>;
  /** Whether the user's file defines this name as an alias of an image: then no image can have the name. */
  isOwnAlias(name: string): Promise<boolean>;
}

export function createImageMaps({ catalogue, own, stored, broken = () => undefined }: ImageMapsOptions): ImageMaps {
  const readCatalogue = cached(catalogue, true, readImageMap);
  const readOwn = cached(own.file, own.required, examineImageMap);
  let lastGood: ImageMap | null = null;
  let told = '';

  async function current(): Promise<ImageMap> {
    const [base, over, images] = await Promise.all([readCatalogue(), readOwn(), stored()]);
    if (base === null) throw new Error('the shipped catalogue is missing');
    const map = merged(base, over, images);
    checkImageMap(map, images, over);
    lastGood = over?.map ?? emptyImageMap;
    told = '';
    return map;
  }

  return {
    current,
    async inForce() {
      try {
        return await current();
      } catch (thrown) {
        const [base, over] = await Promise.all([readCatalogue(), readOwn().catch(() => null)]);
        const map = lastGood ?? (over?.issues.empty === true ? over.map : null);
        if (!(thrown instanceof CroftError) || map === null || base === null) throw thrown;
        if (told !== thrown.message) broken(thrown);
        told = thrown.message;
        return merged(base, { map }, await stored());
      }
    },
    async isOwnAlias(name) {
      return (await readOwn().catch(() => null))?.map.aliases.has(name) ?? false;
    },
  };
}

/** An image of the store counts as an entry of the user's map: it replaces an alias of the catalogue. */
function merged(base: ImageMap, over: Pick<ExaminedImageMap, 'map'> | null, stored: ReadonlySet<string>): ImageMap {
  const aliases = new Map([...base.aliases].filter(([name]) => !stored.has(name)));
  return mergeImageMaps({ ...base, aliases }, over?.map ?? emptyImageMap);
}

function textOf(bytes: Uint8Array, file: string): string {
  return decodeUtf8(bytes, imageMapSubject([file]));
}

/** The first result, even an error: finding that a map is invalid may take long. */
function remembered<Given, Read>(given: Given, read: (given: Given) => Read): () => Read {
  try {
    const value = read(given);
    return () => value;
  } catch (thrown) {
    return () => {
      throw thrown;
    };
  }
}

/** Reads the file where its time or size has changed; null where the file is optional and missing. */
function cached<Read>(file: string, required: boolean, read: (text: string, file: string) => Read): () => Promise<Read | null> {
  let last: { version: string; get(): Read } | null = null;
  return async () => {
    try {
      const found = await stat(file);
      // Opening a pipe would wait for its other end, and a device has no end.
      if (!found.isFile()) throw new Error('it is not a regular file');
      const { mtimeMs, size, ino } = found;
      if (size > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
      const version = `${ino} ${mtimeMs} ${size}`;
      if (last?.version !== version) last = { version, get: remembered(await readFile(file), (bytes) => read(textOf(bytes, file), file)) };
      return last.get();
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
