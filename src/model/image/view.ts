/** An image as the API shows it: what it is, where it is, and how the fetching of its content goes. */
import { z } from 'zod';
import { imageSchema } from './image.ts';

const pullPhases = ['download', 'convert'] as const;

/** Bytes as they are published, still compressed; `total` null where the server does not say it. */
export const pullProgressSchema = z.object({
  phase: z.enum(pullPhases),
  received: z.int(),
  total: z.int().nullable(),
  /** The URL in use, without credentials. */
  source: z.string(),
});
export type PullProgress = z.infer<typeof pullProgressSchema>;

export const pullViewSchema = z.object({
  /** Null while it waits for its turn or its next attempt. */
  progress: pullProgressSchema.nullable(),
  attempts: z.int(),
  /** Whether what comes is compared with a checksum. */
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
    /** Those of them that were made from a content that the name meant before, which they keep. */
    vmsOfEarlier: z.int(),
    /** Names of the nodes that have its content, sorted. */
    nodes: z.array(z.string()),
    /** Null where nothing is to be fetched. */
    pull: pullViewSchema.nullable(),
  })
  .meta({ id: 'ImageView' });
export type ImageView = z.infer<typeof imageViewSchema>;

/** How the content of an image was found in one place, by hashing it there again. */
export const imageCheckSchema = z
  .object({
    /** The name of a node; null for the controller's library. */
    node: z.string().nullable(),
    outcome: z.enum(['intact', 'damaged', 'absent', 'unknown']),
    /** What was done about it, or why it could not be looked at; null where there is nothing to say. */
    message: z.string().nullable(),
  })
  .meta({ id: 'ImageCheck' });
export type ImageCheck = z.infer<typeof imageCheckSchema>;

/** What a collection removed, or would remove, in one place. */
export const imageCollectionSchema = z
  .object({
    /** The name of a node; null for the controller's library. */
    node: z.string().nullable(),
    /** The sha256 of each. */
    images: z.array(z.string()),
    /** Of the disk, freed in all; parts of interrupted transfers count too. */
    bytes: z.int(),
    /** Why the place could not be looked at; null where it could. */
    failure: z.string().nullable(),
  })
  .meta({ id: 'ImageCollection' });
export type ImageCollection = z.infer<typeof imageCollectionSchema>;
