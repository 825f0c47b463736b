/** The CPUs, memory and disk of a VM of a slice file: its own, else its flavor's, else those of its image. */

import { type InputIssues, unknownName } from '../input/issues.ts';
import { formatSize, parseSize, sizeRule } from '../input/unit.ts';
import { type Flavor, gibibyte, mebibyte } from '../vm/flavor.ts';
import type { VmDraft } from './draft.ts';
import { type ChosenImage, diskOf } from './image.ts';
import type { VmSpec } from './slice.ts';

const defaultFlavor = 'mini';

/**
 * What the VM says itself wins over its flavor, that over the size of its image's label, that over the image's defaults; what
 * is still open is the default flavor's. `before` is the VM as it is, where it is there.
 */
export function sizesOf(
  vm: VmDraft,
  flavors: readonly Flavor[],
  image: ChosenImage | undefined,
  before: VmSpec | undefined,
  issues: InputIssues,
): Pick<VmSpec, 'cpus' | 'memory' | 'disk'> {
  const flavor = flavorOf(vm, flavors, issues);
  const open = flavors.find(({ name }) => name === defaultFlavor);
  const { size, traits } = image ?? { size: null, traits: null };
  const asked = sizeOf(vm, 'disk', issues) ?? null;
  const usual = flavor?.disk ?? size?.disk ?? traits?.disk ?? null;
  const made = before !== undefined && before.image === image?.name && before.disk === (asked ?? usual);
  return {
    cpus: vm.fields.cpus ?? flavor?.cpus ?? size?.cpus ?? traits?.cpus ?? open?.cpus ?? 1,
    memory: sizeOf(vm, 'memory', issues) ?? flavor?.memory ?? size?.memory ?? traits?.memory ?? open?.memory ?? 256 * mebibyte,
    disk: diskOf({ asked, usual, made }, image, vm.pathOf('disk'), issues),
  };
}

function flavorOf(vm: VmDraft, flavors: readonly Flavor[], issues: InputIssues): Flavor | undefined {
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

/** Bytes; undefined where the VM does not give it, or gives what is no size. */
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
