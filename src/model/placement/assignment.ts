/** What placement is decided from, and what is decided: the language between scheduler and store. Plain data. */

import type { Image } from '../image/image.ts';
import type { Node } from '../node/node.ts';
import type { Slice } from '../slice/slice.ts';
import type { Vm, VmObserved, Volume } from '../vm/vm.ts';
import type { Resources } from './capacity.ts';

/** What the scheduler has to know of a VM. */
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

/** What the scheduler decides from, read in one transaction. */
export interface PlacementSnapshot {
  nodes: readonly Node[];
  /** All VMs that are not absent. */
  vms: readonly PlacementVm[];
  /** All slices that are not absent. */
  slices: readonly Slice[];
  /** Slices of which at least one network exists; only these need a router. */
  routed: ReadonlySet<string>;
  /** By identifier, also those that no name means any more. */
  images: ReadonlyMap<string, Image>;
  /** Why the last attempt to fetch an image failed, by its name. */
  fetchFailures: ReadonlyMap<string, string>;
  /** The name of the node that round-robin used last; null before it used any. A name, so that it has its place in the order when the node is gone. */
  cursor: string | null;
}

/** A VM gets its first node, or waits: then `nodeId` is null and `reason` set. */
export interface VmAssignment {
  kind: 'vm';
  id: string;
  /** The node when it was decided. */
  from: string | null;
  nodeId: string | null;
  reason: string | null;
  /** Assignments of one group are accepted or refused as a whole; null for one on its own. */
  group: string | null;
}

/** A VM is to leave its node `from` for `nodeId`; null ends a move that was under way. Not null, `reason` says why it stays on a draining node. */
export interface MoveAssignment {
  kind: 'move';
  id: string;
  from: string;
  /** Where it was moving to when this was decided. */
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

/** Everything that one look at a snapshot decides. */
export interface Schedule {
  assignments: Assignment[];
  /** See PlacementSnapshot. */
  cursor: string | null;
}
