/** CPUs, memory and disk, under the field names of either form of an image map. */
import { z } from 'zod';
import type { InputIssues, InputPath } from '../../input/issues.ts';
import { gibibyte, mebibyte } from '../../vm/flavor.ts';
import { sizeField } from './field.ts';

const cpus = z.int().min(1, 'must be at least 1').max(512, 'must be at most 512').nullish();
const memoryRange = { least: 32 * mebibyte, most: 4096 * gibibyte };
const diskRange = { least: mebibyte, most: 64 * 1024 * gibibyte };

/** A bare number is MiB of memory and GiB of disk, as in Solstice CI; `memory` always has its unit. */
export const resourceFields = {
  cpus,
  cpu: cpus,
  memory: sizeField({ ...memoryRange, bare: null }).nullish(),
  ram: sizeField({ ...memoryRange, bare: mebibyte }).nullish(),
  memory_mb: sizeField({ ...memoryRange, bare: mebibyte }).nullish(),
  ram_mb: sizeField({ ...memoryRange, bare: mebibyte }).nullish(),
  disk: sizeField({ ...diskRange, bare: gibibyte }).nullish(),
  disk_gb: sizeField({ ...diskRange, bare: gibibyte }).nullish(),
} as const;

export const resourcesSchema = z.strictObject(resourceFields);
type ResourceField = keyof typeof resourceFields;
export type ResourcesFile = z.infer<typeof resourcesSchema>;

/** The names of one resource. */
const namesOf = {
  cpus: ['cpus', 'cpu'],
  memory: ['memory', 'ram', 'memory_mb', 'ram_mb'],
  disk: ['disk', 'disk_gb'],
} as const satisfies Record<string, readonly ResourceField[]>;

/** `memory` and `disk` in bytes; null where the map says nothing. */
export interface Resources {
  cpus: number | null;
  memory: number | null;
  disk: number | null;
}

/** The first of `parts` that gives a resource wins. */
export function resourcesOf(...parts: readonly ResourcesFile[]): Resources {
  const first = (names: readonly ResourceField[]): number | null =>
    parts.flatMap((part) => names.map((name) => part[name] ?? null)).find((value) => value !== null) ?? null;
  return { cpus: first(namesOf.cpus), memory: first(namesOf.memory), disk: first(namesOf.disk) };
}

/** Adds an issue for each resource that one map, still unchecked, gives twice. */
export function refuseTwiceSaid(raw: Readonly<Record<string, unknown>>, path: InputPath, issues: InputIssues): void {
  for (const names of Object.values(namesOf)) {
    const [first, second] = names.filter((name) => (raw[name] ?? null) !== null);
    if (first !== undefined && second !== undefined) issues.add([...path, second], `says the same as ${first}: one of them must go`);
  }
}
