/** The images and sizes that the labels of a slice file refer to. */

import { CroftError } from '../error.ts';
import type { ImageTraits } from '../image/definition.ts';
import type { ImageMap, ImageSize } from '../image/map/image-map.ts';
import { resolveLabel } from '../image/map/resolve.ts';
import type { InputIssues, InputPath } from '../input/issues.ts';
import { formatSize } from '../input/unit.ts';
import { sizeInWords } from '../placement/capacity.ts';

/** The available images: those that the map defines, and those that the store has. */
export interface ImageChoice {
  map: ImageMap;
  stored: ReadonlyMap<string, ImageTraits>;
  /** The names of those that are stored and are ISO images. */
  cdRoms?: ReadonlySet<string>;
  /** Bytes that a guest sees of stored images that are disks. */
  diskSizes?: ReadonlyMap<string, number>;
}

export interface ChosenImage {
  name: string;
  traits: ImageTraits;
  /** The size that the label names; null where it names none. */
  size: ImageSize | null;
  /** Known to be an ISO image. */
  isCdRom: boolean;
  /** Bytes of its disk; null where that is not known. */
  diskSize: number | null;
}

/** `label` null is the default label. Where the label leads nowhere, an issue is added and the result is undefined. */
export function chooseImage(
  { map, stored, cdRoms, diskSizes }: ImageChoice,
  label: string | null,
  path: InputPath,
  issues: InputIssues,
): ChosenImage | undefined {
  try {
    const { image, size } = resolveLabel(map, label, new Set(stored.keys()));
    const traits = stored.get(image) ?? map.images.get(image)?.traits;
    if (traits === undefined) throw new Error(`label ${label} was resolved to ${image}, which is nowhere`);
    const isCdRom = cdRoms?.has(image) === true || map.images.get(image)?.format === 'iso';
    return { name: image, traits, size, isCdRom, diskSize: diskSizes?.get(image) ?? null };
  } catch (thrown) {
    if (!(thrown instanceof CroftError) || thrown.code !== 'input.invalid') throw thrown;
    issues.add(path, thrown.issues[0]?.message ?? thrown.message);
    return undefined;
  }
}

/**
 * The bytes of a disk that is made from an image: `asked` by the user, otherwise `usual`; null for the image's own. An existing disk
 * (`made`: requested as before) keeps its size, whatever the image's name refers to now; no other disk can be smaller than its image.
 */
export function diskOf(
  { asked, usual, made }: { asked: number | null; usual: number | null; made: boolean },
  image: ChosenImage | undefined,
  path: InputPath,
  issues: InputIssues,
): number | null {
  const least = made ? 0 : (image?.diskSize ?? 0);
  if (asked === null) return usual !== null && usual < least ? null : usual;
  if (asked < least)
    issues.add(
      path,
      `${formatSize(asked)} is less than the image ${image?.name} has, which is ${sizeInWords(least)}: a disk is never smaller than its image`,
    );
  return asked;
}
