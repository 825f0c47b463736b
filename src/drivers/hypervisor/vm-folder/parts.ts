/** The parts of a VM that its guest's memory refers to: only a VM with the same parts can get that memory back. Pure. */
import { z } from 'zod';
import { CroftError } from '../../../model/error.ts';
import { formatSize } from '../../../model/input/unit.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';

export const vmPartsSchema = z.object({
  cpus: z.int().positive(),
  /** Bytes. */
  memory: z.int().positive(),
  firmware: z.string(),
  nics: z.array(z.object({ id: z.string(), mac: z.string(), model: z.string() })),
  volumes: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type VmParts = z.infer<typeof vmPartsSchema>;

export function partsOf({ cpus, memory, firmware, ports, volumes }: VmLaunch): VmParts {
  return {
    ...{ cpus, memory, firmware },
    nics: ports.map(({ nicId, mac, model }) => ({ id: nicId, mac, model })),
    volumes: volumes.map(({ id, name }) => ({ id, name })),
  };
}

/** In words, one for each part; none where they are equal. */
export function otherParts(then: VmParts, now: VmParts): string[] {
  return [
    ...(then.cpus === now.cpus ? [] : [`CPUs ${then.cpus}, now ${now.cpus}`]),
    ...(then.memory === now.memory ? [] : [`memory ${formatSize(then.memory)}, now ${formatSize(now.memory)}`]),
    ...(then.firmware === now.firmware ? [] : [`firmware ${then.firmware}, now ${now.firmware}`]),
    ...otherNics(then, now),
    ...comeAndGone(then.volumes, now.volumes, ({ name }) => `volume ${name}`),
  ];
}

export function otherNics(then: VmParts, now: VmParts): string[] {
  return comeAndGone(then.nics, now.nics, ({ mac, model }) => `${model} NIC ${mac}`);
}

function comeAndGone<T>(then: readonly T[], now: readonly T[], inWords: (part: T) => string): string[] {
  const keys = (parts: readonly T[]): Set<string> => new Set(parts.map((part) => JSON.stringify(part)));
  const [had, has] = [keys(then), keys(now)];
  return [
    ...then.filter((part) => !has.has(JSON.stringify(part))).map((part) => `with ${inWords(part)}, now without`),
    ...now.filter((part) => !had.has(JSON.stringify(part))).map((part) => `without ${inWords(part)}, now with it`),
  ];
}

/** The refusal of memory that the VM could not be resumed with; it says how the parts differ. */
export function memoryOfAnother(name: string, differences: readonly string[], hint = releaseBuffer): CroftError {
  return new CroftError('conflict.changed', `snapshot ${name} has memory of the VM with other parts: ${differences.join('; ')}`, { hint });
}

const releaseBuffer = 'Give the VM these parts again in its slice, or take a snapshot without memory.';
