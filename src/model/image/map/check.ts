/** Whether an image map can be used: all its errors are reported at once. */
import { InputIssues } from '../../input/issues.ts';
import { type ImageMap, imageMapSubject } from './image-map.ts';

import type { ExaminedImageMap } from './read.ts';
import { checkReferences } from './references.ts';

/**
 * `map` is merged of all maps, among them `examined`, which may have unreadable parts; `storedImages` are names of images that the store
 * has. Throws `input.invalid` with every error, each with its file, line and column.
 */
export function checkImageMap(map: ImageMap, storedImages: ReadonlySet<string>, examined: ExaminedImageMap | null = null): void {
  const issues = new InputIssues();
  if (examined !== null) issues.addAll(examined.issues);
  const { images = [], sizes = [] } = examined?.unreadable ?? {};
  checkReferences(map, { images: new Set([...storedImages, ...images]), sizes: new Set(sizes) }, issues);
  issues.throwIfAny(imageMapSubject(issues.files));
}
