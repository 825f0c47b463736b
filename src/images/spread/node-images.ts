/** The locations of images on a node, and the images present there. */
import path from 'node:path';
import type { Call } from '../../host/host.ts';
import { readScript } from '../../host/script.ts';
import { CroftError } from '../../model/error.ts';
import type { ImageContent } from '../../model/image/image.ts';

export type DeliveredImage = Pick<ImageContent, 'sha256' | 'format' | 'size'>;

/** The controller's folders on a node: images are in `images` of the state folder, and files of transfers in the run folder. */
export interface ImagePlace {
  stateFolder: string;
  runFolder: string;
}

/** An image, or the partial file of a transfer; group 1 is the sha256, group 2 is present for a partial file. */
export const imageFilePattern = /^([0-9a-f]{64})\.(?:qcow2|raw|iso)(\.partial.*)?$/;

export function imageFolder(place: ImagePlace): string {
  return path.posix.join(place.stateFolder, 'images');
}

/** The location of an image on a node. */
export function imagePath(place: ImagePlace, { sha256, format }: Pick<DeliveredImage, 'sha256' | 'format'>): string {
  return path.posix.join(imageFolder(place), `${sha256}.${format}`);
}

/** Exit code where the image is missing or incomplete. */
const absent = 44;
const presenceScript = readScript(import.meta.url, 'scripts/image-presence.sh');
const listScript = readScript(import.meta.url, 'scripts/list-images.sh');

/** Creates the folder, since the image is written there next; whether the image is present already, with its whole size. */
export function imagePresence(place: ImagePlace, image: DeliveredImage): Call<boolean> {
  return {
    command: { argv: ['sh', '-c', presenceScript, 'sh', imageFolder(place), imagePath(place, image), String(image.size)] },
    parse: ({ code, stderr }) => {
      if (code !== 0 && code !== absent)
        throw new CroftError('command.failed', `The image folder ${imageFolder(place)} cannot be made: ${stderr.trim()}`);
      return code === 0;
    },
  };
}

/** The sha256 of each image in the folder, sorted; none where there is no folder. */
export function listImages(place: ImagePlace): Call<string[]> {
  return {
    command: { argv: ['sh', '-c', listScript, 'sh', imageFolder(place)] },
    parse: ({ code, stdout, stderr }) => {
      if (code !== 0) throw new CroftError('command.failed', `The image folder ${imageFolder(place)} cannot be read: ${stderr.trim()}`);
      const found = stdout.split('\n').flatMap((name) => {
        const [, sha256, part] = imageFilePattern.exec(name) ?? [];
        return sha256 === undefined || part !== undefined ? [] : [sha256];
      });
      return [...new Set(found)].sort();
    },
  };
}
