/** An image map: the meaning of a label such as `ubuntu-22.04:large`, and the source of each image. */

import type { Place } from '../../input/issues.ts';
import { printable } from '../../input/quote.ts';
import type { ImageDefinition } from '../definition.ts';

/** A label as written, with its place, so that its errors can be reported once all maps are read. */
export interface Reference {
  label: string;
  /** The path in the image map's file, as the user knows it. */
  place: Place;
}

/** `memory` and `disk` in bytes; `disk` null leaves the image's own. */
export interface ImageSize {
  name: string;
  cpus: number;
  memory: number;
  disk: number | null;
}

/** Keys are names. Where an alias and an image have the same name, the alias wins. */
export interface ImageMap {
  /** The label used where none is given. */
  defaultLabel: Reference | null;
  aliases: ReadonlyMap<string, Reference>;
  sizes: ReadonlyMap<string, ImageSize>;
  images: ReadonlyMap<string, ImageDefinition>;
}

export const emptyImageMap: ImageMap = { defaultLabel: null, aliases: new Map(), sizes: new Map(), images: new Map() };

/**
 * Entries of `over` replace the entries of `base` with the same name: an image as a whole, an alias, a size, the default label. An image
 * of `over` also replaces an alias of `base`. Associative; references may go from either map to the other.
 */
export function mergeImageMaps(base: ImageMap, over: ImageMap): ImageMap {
  const aliases = [...base.aliases].filter(([name]) => !over.images.has(name));
  return {
    defaultLabel: over.defaultLabel ?? base.defaultLabel,
    aliases: new Map([...aliases, ...over.aliases]),
    sizes: new Map([...base.sizes, ...over.sizes]),
    images: new Map([...base.images, ...over.images]),
  };
}

/** `The image map images.yaml`, or `The image map a.yaml with b.yaml` where they were merged. */
export function imageMapSubject(files: readonly string[]): string {
  return `The image map ${[...new Set(files)].map(printable).join(' with ')}`;
}
