/** Images for tests that only need their names. */
import { usualTraits } from '../../src/model/image/definition.ts';
import { emptyImageMap } from '../../src/model/image/map/image-map.ts';
import type { ImageChoice } from '../../src/model/slice/image.ts';

export const storedImages = (...names: string[]): ImageChoice => ({
  map: emptyImageMap,
  stored: new Map(names.map((name) => [name, usualTraits])),
});
