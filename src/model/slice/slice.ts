/** Slices as stored: the normalised, fully expanded form of a slice file. */
import { z } from 'zod';
import { type NetworkSpec, networkSpecSchema } from '../network/fields.ts';
import { slicePlacementSchema, usualPlacement } from '../placement/placement.ts';
import { type VmSpec, vmSpecSchema } from '../vm/fields.ts';

export type { NetworkSpec, VmSpec };

export const sliceSpecSchema = z.object({
  name: z.string(),
  placement: slicePlacementSchema.default(usualPlacement),
  networks: z.array(networkSpecSchema),
  vms: z.array(vmSpecSchema),
});
export type SliceSpec = z.infer<typeof sliceSpecSchema>;

export const sliceDesiredStates = ['running', 'stopped', 'absent'] as const;
export type SliceDesired = (typeof sliceDesiredStates)[number];

/** A slice as stored. `generation` grows by one with each change of the desired state. */
export interface Slice {
  id: string;
  name: string;
  spec: SliceSpec;
  generation: number;
  desired: SliceDesired;
  /** Number of the transit network between its router and the router's node. */
  transit: number;
  /** The node that its router is assigned to; null while there is none, with the reason in `routerReason`. Written by the scheduler. */
  routerNodeId: string | null;
  routerReason: string | null;
  createdAt: number;
}

/** A network as stored. */
export interface Network {
  id: string;
  sliceId: string;
  name: string;
  spec: NetworkSpec;
  /** The number that distinguishes it from all other networks; up to 24 bits. */
  segment: number;
  /** Its VLAN tag on trunks; null where no trunk carries it. */
  vlan: number | null;
}
