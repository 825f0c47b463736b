/** The input and the output of placement decisions: the language between scheduler and store. Plain data. */

import type { Image } from '../image/image.ts';
import type { Node } from '../node/node.ts';
import type { Slice } from '../slice/slice.ts';
import type { Vm, VmObserved, Volume } from '../vm/vm.ts';
import type { Resources } from './capacity.ts';

/** The fields of a VM that the scheduler needs. */
export type PlacementVm = Pick<
  Vm,
  | 'id'
  | 'sliceId'
  | 'slice'
  | 'name'
  | 'spec'
  | 'desired'
  | 'imageId'
  | 'nodeId'
  | 'pendingReason'
  | 'movingTo'
  | 'stayReason'
  | 'createdAt'
> &
  Pick<VmObserved, 'memoryHeld'> & {
    demand: Resources;
    volumes: readonly Pick<Volume, 'imageId'>[];
    /** One of its NICs is in an impaired network. */
    impaired: boolean;
  };

/** The input of the scheduler, read in one transaction. */
export interface PlacementSnapshot {
  nodes: readonly Node[];
  /** All VMs that are not absent. */
  vms: readonly PlacementVm[];
  /** All slices that are not absent. */
  slices: readonly Slice[];
  /** Slices with at least one network; only these need a router. */
  routed: ReadonlySet<string>;
  /** By identifier, including images without a name any more. */
  images: ReadonlyMap<string, Image>;
  /** Why the last attempt to fetch an image failed, by its name. */
  fetchFailures: ReadonlyMap<string, string>;
  /**
   * The name of the node that round-robin used last; null before the first use. A name, so that its place in the order is known when the
   * node is gone.
   */
  cursor: string | null;
}

/** A VM gets its first node, or waits: then `nodeId` is null and `reason` set. */
export interface VmAssignment {
  kind: 'vm';
  id: string;
  /** The VM's node at the time of the decision. */
  from: string | null;
  nodeId: string | null;
  reason: string | null;
  /** Assignments of one group are accepted or refused as a whole; null for an assignment on its own. */
  group: string | null;
}

/**
 * A VM is to leave its node `from` for `nodeId`; null ends a move in progress. `reason`, where not null, says why the VM stays on a
 * draining node.
 */
export interface MoveAssignment {
  kind: 'move';
  id: string;
  from: string;
  /** The target of its move at the time of the decision. */
  instead: string | null;
  nodeId: string | null;
  reason: string | null;
  group: string | null;
}

/** A slice's router gets a node; `reason` is set exactly where `nodeId` is null. */
export interface RouterAssignment {
  kind: 'router';
  /** The slice's identifier. */
  id: string;
  from: string | null;
  nodeId: string | null;
  reason: string | null;
}

export type Assignment = VmAssignment | MoveAssignment | RouterAssignment;

/** All decisions from one snapshot. */
export interface Schedule {
  assignments: Assignment[];
  /** See PlacementSnapshot. */
  cursor: string | null;
}
