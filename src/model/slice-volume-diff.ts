/** What becomes of a VM's volumes when its slice changes. Pure. */
import type { VolumeSpec } from './slice.ts';
import type { VmFieldChange } from './slice-change.ts';
import { formatSize } from './unit.ts';

export interface VolumeDifference {
  effect: 'restart' | 'recreate';
  change: VmFieldChange;
}

/**
 * A volume that goes, or comes to another image, loses what is on it; one that is added or grows loses nothing. A volume that
 * is to be smaller is as a disk that is: its VM is made anew.
 */
export function volumeDifferences(before: readonly VolumeSpec[], after: readonly VolumeSpec[]): VolumeDifference[] {
  const wanted = new Map(after.map((volume) => [volume.name, volume]));
  const present = new Map(before.map((volume) => [volume.name, volume]));
  const gone = before.filter(({ name }) => !wanted.has(name)).map((volume) => difference(volume, undefined));
  const others = after.flatMap((volume) => {
    const old = present.get(volume.name);
    return old !== undefined && volumeInWords(old) === volumeInWords(volume) ? [] : [difference(old, volume)];
  });
  const differences = [...gone, ...others];
  return differences.length === 0 ? orderDifference(before, after) : differences;
}

function difference(before: VolumeSpec | undefined, after: VolumeSpec | undefined): VolumeDifference {
  const change: VmFieldChange = { field: 'volumes', from: wordsOrNull(before), to: wordsOrNull(after) };
  const isLost = before !== undefined && before.image !== after?.image;
  const shrinks = before !== undefined && after !== undefined && !isLost && (after.size ?? 0) < (before.size ?? 0);
  return { effect: shrinks ? 'recreate' : 'restart', change: isLost ? { ...change, loses: 'its data' } : change };
}

/** The guest finds them in another order. */
function orderDifference(before: readonly VolumeSpec[], after: readonly VolumeSpec[]): VolumeDifference[] {
  const [from, to] = [before, after].map((volumes) => volumes.map(({ name }) => name).join(', '));
  return from === to ? [] : [{ effect: 'restart', change: { field: 'volumes', from: from ?? '', to: to ?? '' } }];
}

function wordsOrNull(volume: VolumeSpec | undefined): string | null {
  return volume === undefined ? null : volumeInWords(volume);
}

/** `data 1GiB of image debian`. */
export function volumeInWords({ name, image, size }: VolumeSpec): string {
  return [name, ...(size === null ? [] : [formatSize(size)]), ...(image === null ? [] : [`of image ${image}`])].join(' ');
}
