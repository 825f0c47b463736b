/** What is asked of the place of VMs. Plain data; the scheduler decides by it. */

export const placementPolicies = ['spread', 'pack', 'round-robin'] as const;
/** spread: the least loaded node. pack: the fullest that has room. round-robin: the next one, whatever its load. */
export type PlacementPolicy = (typeof placementPolicies)[number];

/** Names of VMs of the same slice, sorted. What is required is kept or the VM waits; what is preferred only counts. */
export interface Affinity {
  required: string[];
  preferred: string[];
}

export interface VmPlacement {
  /** From -100 to 100; VMs of a higher one are placed first. */
  priority: number;
  /** The name of the only node that may take it; null for any. */
  node: string | null;
  /** Nodes of these pools only; of any where empty. */
  pools: string[];
  /** Nodes with all of these labels only. */
  labels: Record<string, string>;
  /** Only nodes that have its image already. */
  imagePresent: boolean;
  /** On the same node as these. */
  affinity: Affinity;
  /** On another node than these. */
  antiAffinity: Affinity;
}

export interface SlicePlacement {
  /** Null leaves it to the controller. */
  policy: PlacementPolicy | null;
  /** All its VMs that have no place are placed at once, or none of them. */
  together: boolean;
}

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
