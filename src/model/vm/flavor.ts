/** Flavors: named sizes of a VM. They are data; these are only the initial flavors of a new store. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';

export const gibibyte = 1024 ** 3;
export const mebibyte = 1024 ** 2;

/** `memory` and `disk` in bytes; `disk` null leaves the image's own size. */
export const flavorSchema = z
  .object({
    name: nameSchema,
    cpus: z.int().min(1).max(512),
    memory: z.int().min(16 * mebibyte),
    disk: z.int().nullable(),
  })
  .meta({ id: 'Flavor' });
export type Flavor = z.infer<typeof flavorSchema>;

/** Sizes of the same name in the shipped image map have the same meaning there. */
export const initialFlavors: readonly Flavor[] = [
  { name: 'tiny', cpus: 1, memory: 128 * mebibyte, disk: null },
  { name: 'mini', cpus: 1, memory: 256 * mebibyte, disk: null },
  { name: 'small', cpus: 1, memory: gibibyte, disk: null },
  { name: 'medium', cpus: 2, memory: 2 * gibibyte, disk: null },
  { name: 'large', cpus: 4, memory: 4 * gibibyte, disk: null },
];
