/** Predicts the effect of a change from the present state. */

import type { SliceChange } from '../model/slice/change.ts';
import { type Preview, previewPlacement } from '../scheduler/preview.ts';
import type { CommandDependencies } from './dependencies.ts';

type Context = Pick<CommandDependencies, 'store' | 'placement'>;

export async function previewChange({ store, placement }: Context, change: SliceChange): Promise<Preview> {
  if (change.vms.every(({ kind }) => kind === 'remove')) return { places: [], refusals: [] };
  const [snapshot, images] = await Promise.all([store.placement.snapshot(), store.images.list()]);
  return previewPlacement(snapshot, change, images, { ...placement, now: Date.now() });
}
