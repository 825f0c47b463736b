/** What becomes of a VM's volumes when its slice changes. Pure. */

import { formatSize } from '../input/unit.ts';
import { deviceEffect, growthEffect, sameOrder, type VmEffect, type VmSituation } from '../vm/situation.ts';
import type { VmFieldChange } from './change.ts';
import type { VolumeSpec } from './slice.ts';

interface VolumeDifference {
  effect: VmEffect;
  change: VmFieldChange;
}

/**
 * A volume that goes, or comes to another image, loses what is on it; one that is added or grows loses nothing. A volume that
 * is to be smaller is as a disk that is: its VM is made anew.
 */
export function volumeDifferences(before: readonly VolumeSpec[], after: readonly VolumeSpec[], situation: VmSituation): VolumeDifference[] {
  const wanted = new Map(after.map((volume) => [volume.name, volume]));
  const present = new Map(before.map((volume) => [volume.name, volume]));
  const gone = before.filter(({ name }) => !wanted.has(name)).map((volume) => difference(volume, undefined, situation));
  const others = after.flatMap((volume) => {
    const old = present.get(volume.name);
    return old !== undefined && volumeInWords(old) === volumeInWords(volume) ? [] : [difference(old, volume, situation)];
  });
  return [...gone, ...others, ...orderDifference(before, after)];
}

function difference(before: VolumeSpec | undefined, after: VolumeSpec | undefined, situation: VmSituation): VolumeDifference {
  const change: VmFieldChange = { field: 'volumes', from: wordsOrNull(before), to: wordsOrNull(after) };
  const stays = before !== undefined && after !== undefined && before.image === after.image;
  if (stays) return { effect: (after.size ?? 0) < (before.size ?? 0) ? 'recreate' : growthEffect(situation), change };
  const isCdRom = [before, after].some((volume) => situation.cdRoms.has(volume?.image ?? ''));
  const effect = isCdRom ? 'restart' : deviceEffect(situation, 'hotplug-volume');
  return { effect, change: before === undefined ? change : { ...change, loses: 'its data' } };
}

/** The guest finds them in another order. */
function orderDifference(before: readonly VolumeSpec[], after: readonly VolumeSpec[]): VolumeDifference[] {
  const [had, has] = [before, after].map((volumes) => volumes.map(({ name, image }) => `${name} ${image ?? ''}`)) as [string[], string[]];
  if (sameOrder(had, has)) return [];
  const [from, to] = [before, after].map((volumes) => volumes.map(({ name }) => name).join(', ')) as [string, string];
  return [{ effect: 'restart', change: { field: 'volumes', from, to } }];
}

function wordsOrNull(volume: VolumeSpec | undefined): string | null {
  return volume === undefined ? null : volumeInWords(volume);
}

/** `data 1GiB of image debian`. */
export function volumeInWords({ name, image, size }: VolumeSpec): string {
  return [name, ...(size === null ? [] : [formatSize(size)]), ...(image === null ? [] : [`of image ${image}`])].join(' ');
}
