/** Which image and which size the labels of a slice file mean. */
import { CroftError } from './error.ts';
import type { ImageTraits } from './image-definition.ts';
import type { ImageMap, ImageSize } from './image-map/image-map.ts';
import { resolveLabel } from './image-map/resolve.ts';
import type { InputIssues, InputPath } from './input-issues.ts';

/** What images there are: those that the map defines, and those that the store has. */
export interface ImageChoice {
  map: ImageMap;
  stored: ReadonlyMap<string, ImageTraits>;
  /** The names of those that are stored and are ISO images. */
  cdRoms?: ReadonlySet<string>;
}

export interface ChosenImage {
  name: string;
  traits: ImageTraits;
  /** The size that the label names; null where it names none. */
  size: ImageSize | null;
  /** Known to be an ISO image. */
  isCdRom: boolean;
}

/** `label` null means the default label. An issue is added, and the answer is undefined, where it leads nowhere. */
export function chooseImage(
  { map, stored, cdRoms }: ImageChoice,
  label: string | null,
  path: InputPath,
  issues: InputIssues,
): ChosenImage | undefined {
  try {
    const { image, size } = resolveLabel(map, label, new Set(stored.keys()));
    const traits = stored.get(image) ?? map.images.get(image)?.traits;
    if (traits === undefined) throw new Error(`label ${label} was resolved to ${image}, which is nowhere`);
    return { name: image, traits, size, isCdRom: cdRoms?.has(image) === true || map.images.get(image)?.format === 'iso' };
  } catch (thrown) {
    if (!(thrown instanceof CroftError) || thrown.code !== 'input.invalid') throw thrown;
    issues.add(path, thrown.issues[0]?.message ?? thrown.message);
    return undefined;
  }
}
