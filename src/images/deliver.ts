/** Brings images from the controller's library onto nodes, each once, and takes away those that nothing needs any more. */
import path from 'node:path';
import { type Call, type Host, perform, run } from '../host/host.ts';
import { upload } from '../host/upload.ts';
import { CroftError } from '../model/error.ts';
import type { Image } from '../model/image.ts';
import type { ImageLibrary } from './library.ts';

export type DeliveredImage = Pick<Image, 'sha256' | 'format' | 'size'>;
/** The folder of a node that images lie in is `images` in its state folder. */
export interface ImagePlace {
  stateFolder: string;
}
/** Told how many of the image's bytes have been sent. */
export type DeliveryProgress = (sent: number, total: number) => void;

export interface ImageDelivery {
  /**
   * Resolves when the whole image is on the node. However many ask for it at one time, it is transferred once.
   * Rejects with `disk.full`, `command.failed` or `node.*`; the node then has no part of it under its name.
   */
  ensure(host: Host, place: ImagePlace, image: DeliveredImage, onProgress?: DeliveryProgress): Promise<void>;
  /** The sha256 of each image on the node. */
  observe(place: ImagePlace): Call<string[]>;
  /** Removes images that are neither in `keep` (by sha256) nor on their way, and parts of interrupted transfers. Resolves with the sha256 of each removed. */
  collect(host: Host, place: ImagePlace, keep: readonly string[]): Promise<string[]>;
}

export interface ImageDeliveryOptions {
  library: Pick<ImageLibrary, 'path'>;
  /** True for a node that is the controller's own machine: it gets a hard link to the library where that is possible. */
  isLocal: (host: Host) => boolean;
}

interface Transfer {
  done: Promise<void>;
  listeners: Set<DeliveryProgress>;
}

export function createImageDelivery({ library, isLocal }: ImageDeliveryOptions): ImageDelivery {
  const transfers = new Map<string, Transfer>();
  const collections = new Map<string, Promise<string[]>>();

  async function transfer(host: Host, place: ImagePlace, image: DeliveredImage, listeners: ReadonlySet<DeliveryProgress>): Promise<void> {
    // What a collection is about to remove must not be taken for present.
    await collections.get(placeKey(host, place))?.catch(() => undefined);
    const [present] = await perform(host, imagePresence(place, image));
    if (present) return;
    const source = library.path(image.sha256, image.format);
    const target = imagePath(place, image);
    if (isLocal(host) && (await linkFile(host, source, target))) return;
    const onProgress = (sent: number) => {
      for (const listener of listeners) listener(sent, image.size);
    };
    await upload(host, { source, path: target, sha256: image.sha256, mode: 0o644, onProgress });
  }

  async function sweep(host: Host, place: ImagePlace, keep: ReadonlySet<string>): Promise<string[]> {
    const [names] = await perform(host, listImageFolder(place));
    const unused = names.flatMap((name) => {
      const sha256 = /^([0-9a-f]{64})\.(qcow2|raw)(\.partial\.\w+)?$/.exec(name)?.[1];
      if (sha256 === undefined || transfers.has(transferKey(host, place, sha256))) return [];
      return keep.has(sha256) && !name.includes('.partial.') ? [] : [{ name, sha256 }];
    });
    if (unused.length > 0) await perform(host, removeFiles(unused.map(({ name }) => path.posix.join(imageFolder(place), name))));
    return unused.filter(({ name }) => !name.includes('.partial.')).map(({ sha256 }) => sha256);
  }

  return {
    ensure(host, place, image, onProgress) {
      const key = transferKey(host, place, image.sha256);
      const running = transfers.get(key);
      if (running !== undefined) {
        if (onProgress !== undefined) running.listeners.add(onProgress);
        return running.done;
      }
      const listeners = new Set(onProgress === undefined ? [] : [onProgress]);
      const done = transfer(host, place, image, listeners).finally(() => transfers.delete(key));
      transfers.set(key, { done, listeners });
      return done;
    },
    observe(place) {
      const { command, parse } = listImageFolder(place);
      return { command, parse: (result) => parse(result).flatMap((name) => /^([0-9a-f]{64})\.(?:qcow2|raw)$/.exec(name)?.[1] ?? []) };
    },
    collect(host, place, keep) {
      const key = placeKey(host, place);
      const collection = sweep(host, place, new Set(keep)).finally(() => {
        if (collections.get(key) === collection) collections.delete(key);
      });
      collections.set(key, collection);
      return collection;
    },
  };
}

/** Where an image lies on a node. */
export function imagePath(place: ImagePlace, { sha256, format }: Pick<Image, 'sha256' | 'format'>): string {
  return path.posix.join(imageFolder(place), `${sha256}.${format}`);
}

function imageFolder(place: ImagePlace): string {
  return path.posix.join(place.stateFolder, 'images');
}

function placeKey(host: Host, place: ImagePlace): string {
  return `${host.name}\0${place.stateFolder}`;
}

function transferKey(host: Host, place: ImagePlace, sha256: string): string {
  return `${placeKey(host, place)}\0${sha256}`;
}

const absent = 44;

/** Makes the folder, since the image goes there next; whether the image is there already, with its whole size. */
function imagePresence(place: ImagePlace, image: DeliveredImage): Call<boolean> {
  const script = `mkdir -p "$1" || exit 1; [ "$(stat -c %s "$2" 2>/dev/null)" = "$3" ] || exit ${absent}`;
  return {
    command: { argv: ['sh', '-c', script, 'sh', imageFolder(place), imagePath(place, image), String(image.size)] },
    parse: ({ code, stderr }) => {
      if (code !== 0 && code !== absent)
        throw new CroftError('command.failed', `The image folder ${imageFolder(place)} cannot be made: ${stderr.trim()}`);
      return code === 0;
    },
  };
}

/** False where it cannot be linked, as over a border of file systems. Guests' processes read it under their own users. */
async function linkFile(host: Host, source: string, target: string): Promise<boolean> {
  const script = 'ln "$1" "$2.partial.$$" && chmod 644 "$2.partial.$$" && mv -f "$2.partial.$$" "$2"';
  const { code } = await run(host, { argv: ['sh', '-c', script, 'sh', source, target] });
  return code === 0;
}

/** Names in the image folder; none where it does not exist. */
function listImageFolder(place: ImagePlace): Call<string[]> {
  return {
    command: { argv: ['sh', '-c', '[ ! -d "$1" ] || exec ls -1 "$1"', 'sh', imageFolder(place)] },
    parse: ({ code, stdout, stderr }) => {
      if (code !== 0) throw new CroftError('command.failed', `The image folder ${imageFolder(place)} cannot be read: ${stderr.trim()}`);
      return stdout.split('\n').filter((name) => name !== '');
    },
  };
}

function removeFiles(files: readonly string[]): Call<void> {
  return {
    command: { argv: ['rm', '-f', '--', ...files] },
    parse: ({ code, stderr }) => {
      if (code !== 0) throw new CroftError('command.failed', `images cannot be removed: ${stderr.trim()}`);
    },
  };
}
