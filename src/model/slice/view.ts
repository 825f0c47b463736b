/** A slice as the API shows it: as counts in lists, and in full with its networks and VMs by name. */
import { z } from 'zod';
import { shownNetworkShape } from '../network/fields.ts';
import { vmViewSchema } from '../vm/view.ts';
import { sliceDesiredStates } from './slice.ts';

export const networkViewSchema = z.object({
  name: z.string(),
  ...shownNetworkShape,
  /** VLAN tag. */
  segment: z.int(),
});
export type NetworkView = z.infer<typeof networkViewSchema>;

const sliceFields = {
  id: z.string(),
  owner: z.string(),
  /** In the principal's form: slices of another owner as `owner:slice`. Also where other objects name a slice. */
  name: z.string(),
  desired: z.enum(sliceDesiredStates),
  generation: z.int(),
  /** The node of its router; null for a slice without networks. */
  router: z.object({ node: z.string().nullable(), reason: z.string().nullable() }).nullable(),
  /** ms since 1970. */
  createdAt: z.int(),
};

export const sliceSummarySchema = z
  .object({ ...sliceFields, networks: z.int(), vms: z.object({ total: z.int(), running: z.int(), failed: z.int(), pending: z.int() }) })
  .meta({ id: 'SliceSummary' });
export type SliceSummary = z.infer<typeof sliceSummarySchema>;

export const sliceViewSchema = z
  .object({ ...sliceFields, networks: z.array(networkViewSchema), vms: z.array(vmViewSchema) })
  .meta({ id: 'Slice' });
export type SliceView = z.infer<typeof sliceViewSchema>;
