/** Requests about images. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';
import { hypervisorNames } from '../node/hypervisor.ts';
import { imageTraitsSchema } from './definition.ts';

const targetRule = 'a target is all, pool:NAME or node:NAME';

/** Where an image is kept in advance. */
const prepullTargetSchema = z
  .string()
  .refine((text) => {
    const [kind, name, ...rest] = text.split(':');
    if (kind === 'all') return name === undefined;
    return (kind === 'pool' || kind === 'node') && rest.length === 0 && nameSchema.safeParse(name).success;
  }, targetRule)
  .meta({ description: targetRule, example: 'pool:fast' });

const prepullSchema = z.array(prepullTargetSchema).max(100);

export const pullRequestSchema = z
  .object({
    definition: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'The fields of an image as in an image map; without it the image map says where it comes from' }),
    prepull: prepullSchema.optional().meta({ description: 'Where it is kept in advance; what it was is kept where this is absent' }),
  })
  .meta({ id: 'PullRequest' });
export type PullRequest = z.infer<typeof pullRequestSchema>;

export const prepullRequestSchema = z.object({ prepull: prepullSchema }).meta({ id: 'PrepullRequest' });

/** Traits of an uploaded image, in a query string. */
export const importQuerySchema = imageTraitsSchema
  .pick({ architecture: true, firmware: true })
  .partial()
  .extend({ nocloud: z.enum(['true', 'false']).optional(), backend: z.enum(hypervisorNames).optional() });
export type ImportOptions = z.infer<typeof importQuerySchema>;

/** An entry of the image map in force. */
export const catalogueEntrySchema = z
  .object({
    name: z.string(),
    /** Labels that refer to it. */
    aliases: z.array(z.string()),
    traits: imageTraitsSchema,
    /** Without credentials. */
    sources: z.array(z.string()),
    /** Its content was fetched. */
    fetched: z.boolean(),
  })
  .meta({ id: 'CatalogueEntry' });
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;
