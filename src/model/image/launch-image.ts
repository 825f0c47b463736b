/** The properties of an image that a node needs in order to have its content. Pure. */
import type { LaunchImage } from '../node/plan.ts';
import type { Image } from './image.ts';

/** Null where the image was not fetched yet. */
export function launchImageOf({ id, content }: Pick<Image, 'id' | 'content'>): LaunchImage | null {
  return content === null ? null : { id, sha256: content.sha256, format: content.format, size: content.size };
}
