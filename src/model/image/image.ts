/** Images: immutable base disks, known by the sha256 of their content, and named. */
import { z } from 'zod';
import { type ImageDefinition, imageTraitsSchema } from './definition.ts';

/** The format of an image in the library and on nodes. An `iso` is a CD-ROM, the others are disks. */
export const imageFormats = ['qcow2', 'raw', 'iso'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** `size` is the file's size, `virtualSize` that of the disk a guest sees, both in bytes. */
export const imageContentSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  format: z.enum(imageFormats),
  size: z.int(),
  virtualSize: z.int(),
});
export type ImageContent = z.infer<typeof imageContentSchema>;

/** `createdAt` is ms since 1970. */
export const imageSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    /** Null until the first fetch; never null again. */
    content: imageContentSchema.nullable(),
    traits: imageTraitsSchema,
    /** The URL of the fetch; null for an image that was uploaded or built. */
    origin: z.string().nullable(),
    /** Where the image is kept without a VM that needs it: `all`, `pool:NAME` and `node:NAME`. */
    prepull: z.array(z.string()),
    createdAt: z.int(),
  })
  .meta({ id: 'Image' });
export type Image = z.infer<typeof imageSchema>;

/**
 * The wish that a name gets the content of its definition; deleted once it has. `reason` says why the last attempt failed. No two wishes
 * for one name have the same `createdAt`.
 */
export interface ImagePull {
  name: string;
  definition: ImageDefinition;
  attempts: number;
  /** Not tried again before this time, ms since 1970; null when nothing delays it. */
  retryAt: number | null;
  reason: string | null;
  createdAt: number;
}
