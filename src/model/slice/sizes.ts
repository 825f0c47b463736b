/** The CPUs, memory and disk of a VM of a slice file: its own, otherwise its flavor's, otherwise those of its image. */

import { type InputIssues, unknownName } from '../input/issues.ts';
import { formatSize, parseSize, sizeRule } from '../input/unit.ts';
import { type Flavor, gibibyte, mebibyte } from '../vm/flavor.ts';
import type { VmDraft } from './draft.ts';
import { diskOf } from './image.ts';
import type { VmReading } from './reading.ts';

/**
 * The VM's own value wins over its flavor's, that over the size of its image's label, that over the image's defaults; remaining values
 * are the default flavor's.
 */
export function cpusOf(reading: VmReading): number {
  const { vm, flavors, image } = reading;
  const usual = flavorOf(reading)?.cpus ?? image?.size?.cpus ?? image?.traits.cpus ?? defaultFlavor(flavors)?.cpus;
  return vm.fields.cpus ?? usual ?? 1;
}

/** Bytes. */
export function memoryOf(reading: VmReading): number {
  const { vm, flavors, image, issues } = reading;
  const usual = flavorOf(reading)?.memory ?? image?.size?.memory ?? image?.traits.memory ?? defaultFlavor(flavors)?.memory;
  return sizeOf(vm, 'memory', issues) ?? usual ?? 256 * mebibyte;
}

/** Bytes; null leaves the image's size. */
export function diskSizeOf(reading: VmReading): number | null {
  const { vm, image, before, issues } = reading;
  const asked = sizeOf(vm, 'disk', issues) ?? null;
  const usual = flavorOf(reading)?.disk ?? image?.size?.disk ?? image?.traits.disk ?? null;
  const made = before !== undefined && before.image === image?.name && before.disk === (asked ?? usual);
  const size = diskOf({ asked, usual, made }, image, vm.pathOf('disk'), issues);
  if (image?.isCdRom === true && size === null)
    issues.add(vm.path, `the image ${image.name} of VM ${vm.name} is a CD-ROM: give the disk that it is installed on a size`);
  return size;
}

const defaultFlavor = (flavors: readonly Flavor[]): Flavor | undefined => flavors.find(({ name }) => name === 'mini');

function flavorOf({ vm, flavors, issues }: VmReading): Flavor | undefined {
  const { flavor: name } = vm.fields;
  if (name === undefined) return undefined;
  const found = flavors.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  issues.add(
    vm.pathOf('flavor'),
    unknownName(
      'flavor',
      name,
      flavors.map((candidate) => candidate.name),
    ),
  );
  return undefined;
}

const sizeLimits = {
  memory: { least: 32 * mebibyte, most: 4096 * gibibyte },
  disk: { least: mebibyte, most: 64 * 1024 * gibibyte },
} as const;

/** Bytes; undefined where the VM gives no size, or an invalid one. */
function sizeOf(vm: VmDraft, field: 'memory' | 'disk', issues: InputIssues): number | undefined {
  const text = vm.fields[field];
  if (text === undefined) return undefined;
  const bytes = parseSize(text);
  const { least, most } = sizeLimits[field];
  if (bytes === null) issues.add(vm.pathOf(field), sizeRule);
  else if (bytes < least || bytes > most)
    issues.add(vm.pathOf(field), `${text} of ${field} is not between ${formatSize(least)} and ${formatSize(most)}`);
  return bytes ?? undefined;
}
