/** The placement requirements of VMs. Plain data; the scheduler decides by it. */
import { z } from 'zod';

export const placementPolicies = ['spread', 'pack', 'round-robin'] as const;
/** spread: the least loaded node. pack: the fullest node that has room. round-robin: the next node, whatever its load. */
export type PlacementPolicy = (typeof placementPolicies)[number];

/** Names of VMs of the same slice, sorted. Required rules are kept or the VM waits; preferred rules only count. */
const affinitySchema = z.object({ required: z.array(z.string()), preferred: z.array(z.string()) });
export type Affinity = z.infer<typeof affinitySchema>;

/** As it is stored. */
export const vmPlacementSchema = z.object({
  /** From -100 to 100; VMs of a higher priority are placed first. */
  priority: z.int().default(0),
  /** The name of the only permitted node; null for any. */
  node: z.string().nullable().default(null),
  /** Nodes of these pools only; of any where empty. */
  pools: z.array(z.string()).default([]),
  /** Nodes with all of these labels only. */
  labels: z.record(z.string(), z.string()).default({}),
  /** Only nodes that have its image already. */
  imagePresent: z.boolean().default(false),
  /** On the same node as these VMs. */
  affinity: affinitySchema.default({ required: [], preferred: [] }),
  /** On another node than these VMs. */
  antiAffinity: affinitySchema.default({ required: [], preferred: [] }),
});
export type VmPlacement = z.infer<typeof vmPlacementSchema>;

export const slicePlacementSchema = z.object({
  /** Null leaves the choice to the controller. */
  policy: z.enum(placementPolicies).nullable().default(null),
  /** All its unplaced VMs are placed at once, or none of them. */
  together: z.boolean().default(false),
});
export type SlicePlacement = z.infer<typeof slicePlacementSchema>;

export const anywhere: VmPlacement = {
  priority: 0,
  node: null,
  pools: [],
  labels: {},
  imagePresent: false,
  affinity: { required: [], preferred: [] },
  antiAffinity: { required: [], preferred: [] },
};

export const usualPlacement: SlicePlacement = { policy: null, together: false };
