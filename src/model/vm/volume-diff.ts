/** The effect of a slice's change on a VM's volumes. Pure. */

import { formatSize } from '../input/unit.ts';
import type { VolumeSpec } from './devices.ts';
import { type DifferenceContext, deviceEffect, growthEffect, type PartDifference, sameOrder, type VmSituation } from './situation.ts';

/**
 * A volume that is removed, or changes its image, loses its content; a volume that is added or grows loses nothing. A volume that becomes
 * smaller is treated as a disk that does: its VM is recreated.
 */
export function volumeDifferences(
  before: readonly VolumeSpec[],
  after: readonly VolumeSpec[],
  { situation }: DifferenceContext,
): PartDifference[] {
  const wanted = new Map(after.map((volume) => [volume.name, volume]));
  const present = new Map(before.map((volume) => [volume.name, volume]));
  const gone = before.filter(({ name }) => !wanted.has(name)).map((volume) => difference(volume, undefined, situation));
  const others = after.flatMap((volume) => {
    const old = present.get(volume.name);
    return old !== undefined && volumeInWords(old) === volumeInWords(volume) ? [] : [difference(old, volume, situation)];
  });
  return [...gone, ...others, ...orderDifference(before, after)];
}

function difference(before: VolumeSpec | undefined, after: VolumeSpec | undefined, situation: VmSituation): PartDifference {
  const words = { from: wordsOrNull(before), to: wordsOrNull(after) };
  const stays = before !== undefined && after !== undefined && before.image === after.image;
  if (stays) return { effect: (after.size ?? 0) < (before.size ?? 0) ? 'recreate' : growthEffect(situation), ...words };
  const isCdRom = [before, after].some((volume) => situation.cdRoms.has(volume?.image ?? ''));
  const effect = isCdRom ? 'restart' : deviceEffect(situation, 'hotplug-volume');
  return { effect, ...words, ...(before !== undefined && { loses: 'its data' }) };
}

/** The guest finds the volumes in another order. */
function orderDifference(before: readonly VolumeSpec[], after: readonly VolumeSpec[]): PartDifference[] {
  const [had, has] = [before, after].map((volumes) => volumes.map(({ name, image }) => `${name} ${image ?? ''}`)) as [string[], string[]];
  if (sameOrder(had, has)) return [];
  const [from, to] = [before, after].map((volumes) => volumes.map(({ name }) => name).join(', ')) as [string, string];
  return [{ effect: 'restart', from, to }];
}

function wordsOrNull(volume: VolumeSpec | undefined): string | null {
  return volume === undefined ? null : volumeInWords(volume);
}

/** `data 1GiB of image debian`. */
export function volumeInWords({ name, image, size }: VolumeSpec): string {
  return [name, ...(size === null ? [] : [formatSize(size)]), ...(image === null ? [] : [`of image ${image}`])].join(' ');
}
