/** The form of a slice file: one schema for validation, types and OpenAPI. Sizes stay text here; normalising reads them. */
import { z } from 'zod';
import { formShape } from '../field.ts';
import { nameSchema } from '../input/name.ts';
import { networkFields } from '../network/fields.ts';
import { type Impairment, quantities } from '../network/impairment.ts';
import { vmFields } from '../vm/fields.ts';
import { prioritySchema, slicePlacementFileSchema, vmPlacementFileSchema } from './placement-file.ts';
import { topologies } from './topology.ts';

const endpointSchema = z
  .string()
  .max(68)
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?\.eth[0-7]$/, 'an end of a link is a VM and its NIC, such as web.eth1')
  .meta({ description: 'A VM and its NIC', example: 'web.eth1' });

const quantitySchema = (field: keyof Impairment, example: string) => {
  const { pattern, rule } = quantities[field];
  return z.string({ error: rule }).regex(pattern, rule).optional().meta({ description: rule, example });
};

export const impairmentFileSchema = z.strictObject({
  delay: quantitySchema('delay', '20ms'),
  jitter: quantitySchema('jitter', '5ms'),
  loss: quantitySchema('loss', '1%'),
  rate: quantitySchema('rate', '10Mbit'),
});

export const networkFileSchema = z.strictObject({
  ...formShape(networkFields),
  link: z
    .tuple([endpointSchema, endpointSchema], { error: 'a link has exactly two ends, such as [web.eth1, db.eth1]' })
    .optional()
    .meta({ description: 'The two NICs that this network joins; a NIC next in order is added to its VM' }),
  impair: impairmentFileSchema.optional().meta({
    description: 'What frames suffer on their way to each NIC; delay, jitter and loss need the kernel module sch_netem on the node',
  }),
});
export type NetworkFile = z.infer<typeof networkFileSchema>;

/** Keys that are no fields of a specification stand beside those of the table. */
export const templateSchema = z.strictObject({
  ...formShape(vmFields),
  flavor: nameSchema
    .optional()
    .meta({ description: "Gives what cpus, memory and disk do not say; else the image's size and defaults do, else the flavor `mini`" }),
  priority: prioritySchema,
  placement: vmPlacementFileSchema.optional().meta({ description: 'Which nodes may take it; any by default' }),
});

export const vmFileSchema = templateSchema.extend({
  count: z
    .int()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'That many alike: the first keeps the name, the next are NAME-2, NAME-3 and so on; 1 by default' }),
});
export type VmFile = z.infer<typeof vmFileSchema>;
export type VmTemplate = z.infer<typeof templateSchema>;

export const sliceFileSchema = z
  .strictObject({
    slice: nameSchema,
    topology: z.enum(topologies).optional().meta({ description: 'Makes VMs and networks of that shape, to which vms and networks add' }),
    size: z.int().min(1).max(1000).optional().meta({ description: 'Number of VMs of the topology' }),
    placement: slicePlacementFileSchema.optional().meta({ description: 'How its VMs are placed' }),
    template: templateSchema.optional().meta({ description: 'What VMs have that they do not say themselves' }),
    networks: z.record(nameSchema, networkFileSchema).optional(),
    vms: z.record(nameSchema, vmFileSchema).optional(),
  })
  .meta({ id: 'SliceFile', description: 'A slice: VMs and the networks between them' });
export type SliceFile = z.infer<typeof sliceFileSchema>;
