/** An image as the API shows it: its properties, its locations, and the progress of its fetch. */
import { z } from 'zod';
import { imageSchema } from './image.ts';

const pullPhases = ['download', 'convert'] as const;

/** Bytes of the published file, still compressed; `total` null where the server does not report it. */
export const pullProgressSchema = z.object({
  phase: z.enum(pullPhases),
  received: z.int(),
  total: z.int().nullable(),
  /** The URL in use, without credentials. */
  source: z.string(),
});
export type PullProgress = z.infer<typeof pullProgressSchema>;

export const pullViewSchema = z.object({
  /** Null while the fetch waits for its turn or its next attempt. */
  progress: pullProgressSchema.nullable(),
  attempts: z.int(),
  /** Whether the content is compared with a checksum. */
  checked: z.boolean(),
  /** Why the last attempt failed. */
  reason: z.string().nullable(),
  /** Not tried again before this time, ms since 1970. */
  retryAt: z.int().nullable(),
});
export type PullView = z.infer<typeof pullViewSchema>;

export const imageViewSchema = imageSchema
  .extend({
    /** VMs that need an image of this name, as their disk or as a volume. */
    vms: z.int(),
    /** VMs among them that were made from former content of the name, which they keep. */
    vmsOfEarlier: z.int(),
    /** Names of the nodes that have its content, sorted. */
    nodes: z.array(z.string()),
    /** Null where no fetch is wanted. */
    pull: pullViewSchema.nullable(),
  })
  .meta({ id: 'ImageView' });
export type ImageView = z.infer<typeof imageViewSchema>;

/** The result of hashing an image's content again in one place. */
export const imageCheckSchema = z
  .object({
    /** The name of a node; null for the controller's library. */
    node: z.string().nullable(),
    outcome: z.enum(['intact', 'damaged', 'absent', 'unknown']),
    /** The action taken, or why the content could not be read; null where there is nothing to report. */
    message: z.string().nullable(),
  })
  .meta({ id: 'ImageCheck' });
export type ImageCheck = z.infer<typeof imageCheckSchema>;

/** The images that a collection removed, or would remove, in one place. */
export const imageCollectionSchema = z
  .object({
    /** The name of a node; null for the controller's library. */
    node: z.string().nullable(),
    /** The sha256 of each. */
    images: z.array(z.string()),
    /** Of the disk, freed in all; parts of interrupted transfers count too. */
    bytes: z.int(),
    /** Why the place could not be read; null where it could. */
    failure: z.string().nullable(),
  })
  .meta({ id: 'ImageCollection' });
export type ImageCollection = z.infer<typeof imageCollectionSchema>;
