/** Images: immutable base disks, known by the sha256 of their content. */
import { z } from 'zod';
import { nameSchema } from './name.ts';

export const imageFormats = ['qcow2', 'raw'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** `size` is the file's size, `virtualSize` that of the disk a guest sees, both in bytes; `createdAt` is ms since 1970. */
export const imageSchema = z
  .object({
    id: z.string(),
    name: nameSchema,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    format: z.enum(imageFormats),
    size: z.int(),
    virtualSize: z.int(),
    createdAt: z.int(),
  })
  .meta({ id: 'Image' });
export type Image = z.infer<typeof imageSchema>;
