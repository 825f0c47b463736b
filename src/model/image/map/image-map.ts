/** An image map: what a label such as `ubuntu-22.04:large` stands for, and where each image comes from. */

import type { Place } from '../../input/issues.ts';
import { printable } from '../../input/quote.ts';
import type { ImageDefinition } from '../definition.ts';

/** A label as it was written, and where, so that what is wrong with it can be told once all maps are there. */
export interface Reference {
  label: string;
  /** In the file of the image map, as the user knows it. */
  place: Place;
}

/** `memory` and `disk` in bytes; `disk` null leaves the image's own. */
export interface ImageSize {
  name: string;
  cpus: number;
  memory: number;
  disk: number | null;
}

/** Keys are names. Where an alias and an image have the same name, the alias is meant. */
export interface ImageMap {
  /** What is meant where no label is given. */
  defaultLabel: Reference | null;
  aliases: ReadonlyMap<string, Reference>;
  sizes: ReadonlyMap<string, ImageSize>;
  images: ReadonlyMap<string, ImageDefinition>;
}

export const emptyImageMap: ImageMap = { defaultLabel: null, aliases: new Map(), sizes: new Map(), images: new Map() };

/**
 * What `over` names replaces what `base` calls the same: an image as a whole, an alias, a size, the default label. An image of
 * `over` also replaces an alias of `base`. Associative; references may go from either map to the other.
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
