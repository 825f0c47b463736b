/** The form of placement requirements in a slice file. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';
import { labelSchema } from '../node/node.ts';
import { placementPolicies } from '../placement/placement.ts';

export const slicePlacementFileSchema = z.strictObject({
  policy: z.enum(placementPolicies).optional().meta({
    description: 'spread: the least loaded node; pack: the fullest with room; round-robin: the next one. The controller decides by default',
  }),
  together: z.boolean().optional().meta({ description: 'All VMs that have no node get one at once, or none of them; false by default' }),
});
export type SlicePlacementFile = z.infer<typeof slicePlacementFileSchema>;

const namesSchema = z.array(nameSchema).max(1000).optional();

export const affinityFileSchema = z.strictObject({
  required: namesSchema.meta({ description: 'Kept, or the VM waits' }),
  preferred: namesSchema.meta({ description: 'Kept where that is possible' }),
});
export type AffinityFile = z.infer<typeof affinityFileSchema>;

const affinityDescription = 'VMs of this slice; one with a count stands for all of its VMs';

export const vmPlacementFileSchema = z.strictObject({
  node: nameSchema.optional().meta({ description: 'The only node that may take it' }),
  pools: z.array(nameSchema).max(100).optional().meta({ description: 'Nodes of these pools only' }),
  labels: z.record(labelSchema, labelSchema).optional().meta({ description: 'Nodes with all of these labels only' }),
  imagePresent: z.boolean().optional().meta({ description: 'Only nodes that have its image already; false by default' }),
  affinity: affinityFileSchema.optional().meta({ description: `On the same node as these: ${affinityDescription}` }),
  antiAffinity: affinityFileSchema.optional().meta({ description: `On another node than these: ${affinityDescription}` }),
});
export type VmPlacementFile = z.infer<typeof vmPlacementFileSchema>;

export const prioritySchema = z
  .int()
  .min(-100)
  .max(100)
  .optional()
  .meta({ description: 'From -100 to 100, 0 by default: VMs of a higher one get their nodes first; none is taken from another VM for it' });
