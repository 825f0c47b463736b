/** Foretells where the VMs of a change would go, from the state as it is now. */
import type { SliceChange } from '../../model/slice-change.ts';
import { type PlannedPlace, previewPlacement } from '../../scheduler/preview.ts';
import type { ApiDependencies } from '../dependencies.ts';

type Context = Pick<ApiDependencies, 'store' | 'placement'>;

/** One for each VM that the change makes. */
export async function previewChange({ store, placement }: Context, change: SliceChange): Promise<PlannedPlace[]> {
  if (change.vms.every(({ kind }) => kind !== 'create' && kind !== 'recreate')) return [];
  const [snapshot, images] = await Promise.all([store.placement.snapshot(), store.images.list()]);
  return previewPlacement(snapshot, change, images, { ...placement, now: Date.now() });
}
