/** Whether an image map can be used: all that is wrong with it is told at once. */
import { InputIssues } from '../../input/issues.ts';
import { type ImageMap, imageMapSubject } from './image-map.ts';

import type { ExaminedImageMap } from './read.ts';
import { checkReferences } from './references.ts';

/**
 * `map` is merged of all maps, among them `examined`, which may have parts that could not be read; `storedImages` are names of
 * images that the store has. Throws `input.invalid` with every place that is wrong, each with its file, line and column.
 */
export function checkImageMap(map: ImageMap, storedImages: ReadonlySet<string>, examined: ExaminedImageMap | null = null): void {
  const issues = new InputIssues();
  if (examined !== null) issues.addAll(examined.issues);
  const { images = [], sizes = [] } = examined?.unreadable ?? {};
  checkReferences(map, { images: new Set([...storedImages, ...images]), sizes: new Set(sizes) }, issues);
  issues.throwIfAny(imageMapSubject(issues.files));
}
