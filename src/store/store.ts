/** The store: durable state behind one interface, the same on SQLite and on PostgreSQL. */

import type { Principal } from '../model/access/principal.ts';
import type { NewEvent } from '../model/event.ts';
import type { ImageDefinition, ImageTraits } from '../model/image/definition.ts';
import type { Image, ImageContent, ImagePull } from '../model/image/image.ts';
import type { Leader } from '../model/leader.ts';
import type { UnderlayKind } from '../model/network/underlay.ts';
import type { Node, NodeAdministration, NodeConfig, NodeObserved } from '../model/node/node.ts';
import type { WantedOnNode } from '../model/node/plan.ts';
import type { Assignment, PlacementSnapshot } from '../model/placement/assignment.ts';
import type { Resources } from '../model/placement/capacity.ts';
import type { SliceChange } from '../model/slice/change.ts';
import type { Network, Slice, SliceDesired } from '../model/slice/slice.ts';
import type { UnreadableRow } from '../model/unreadable-row.ts';
import type { Flavor } from '../model/vm/flavor.ts';
import type { Vm, VmDesired, VmObserved } from '../model/vm/vm.ts';
import type { EventStore, Outbox, TaskStore } from './history.ts';

export interface Store {
  readonly dialect: 'sqlite' | 'postgres';
  /** Created once, at the first opening; labels the objects of this controller on nodes. */
  readonly controllerId: string;

  readonly nodes: NodeStore;
  readonly flavors: FlavorStore;
  readonly images: ImageStore;
  readonly imagePulls: ImagePullStore;
  readonly slices: SliceStore;
  readonly vms: VmStore;
  readonly placement: PlacementStore;
  readonly tasks: TaskStore;
  readonly events: EventStore;
  readonly outbox: Outbox;
  readonly backups: BackupStore;
  readonly leader: LeaderStore;

  /**
   * Runs the change of a command: all writes of `work` through the given commit are stored together, or none of them. `work` must not use
   * the store itself, waits for nothing else, and may be run again. `by` is the actor of the change.
   */
  commit<Result>(by: Principal, work: (commit: Commit) => Promise<Result>): Promise<Result>;

  /** The values of the database that this Croft cannot read: lists and passes leave out what they belong to. Reads all rows. */
  unreadable(): Promise<UnreadableRow[]>;

  close(): Promise<void>;
}

/** The parts of a command's change. Reads show what was written through the commit before. */
export interface Commit {
  readonly nodes: Pick<NodeStore, 'get' | 'add' | 'administer' | 'configure' | 'remove'>;
  readonly images: Pick<ImageStore, 'list' | 'put' | 'setPrepull' | 'remove'>;
  readonly imagePulls: Pick<ImagePullStore, 'request'>;
  readonly slices: Pick<SliceStore, 'get' | 'commit' | 'desire'>;
  readonly vms: Pick<VmStore, 'desire' | 'reboot'>;
  readonly tasks: Pick<TaskStore, 'start'>;
  readonly events: Pick<EventStore, 'append'>;
}

/** Called once for each row that a list leaves out because it cannot be read. */
export type LeftOut = () => void;

export interface NodeStore {
  /** Sorted by name. */
  list(leftOut?: LeftOut): Promise<Node[]>;
  /** By name; rejects with `not-found` that lists near names. */
  get(name: string): Promise<Node>;
  /** Name by identifier. */
  names(): Promise<Map<string, string>>;
  /** Null where there is none. */
  byId(id: string): Promise<Node | null>;
  /** Rejects with `conflict.exists`, also where another node has the same address, port and state folder. */
  add(config: NodeConfig): Promise<Node>;
  /** Replaces the configuration by what `edit` makes of the present one. By name; rejects as `get` and `add` do. */
  configure(name: string, edit: (config: NodeConfig) => NodeConfig): Promise<Node>;
  administer(id: string, administration: NodeAdministration): Promise<void>;
  observe(id: string, observed: NodeObserved): Promise<void>;
  /**
   * Rejects with `conflict.in-use` while VMs or routers are assigned to it, unless `abandon` is true: then the rows of
   * its absent VMs are deleted, its other VMs and its routers are unassigned, and all of them returned as `slice/vm`.
   */
  remove(id: string, abandon: boolean): Promise<string[]>;
}

export interface FlavorStore {
  list(): Promise<Flavor[]>;
}

/** Content that was fetched, uploaded or built, for a name. */
export interface FetchedImage {
  name: string;
  content: ImageContent;
  traits: ImageTraits;
  origin: string | null;
}

export interface ImageStore {
  /** Sorted by name; former content of a name, which VMs may still use, is not included. */
  list(leftOut?: LeftOut): Promise<Image[]>;
  get(name: string): Promise<Image>;
  byId(id: string): Promise<Image>;
  /** Points the name at this content and ends its pull. Existing VMs keep the content that they were made from. */
  put(image: FetchedImage): Promise<Image>;
  /** The nodes that keep the image without a VM that needs it, see Image. */
  setPrepull(name: string, prepull: readonly string[]): Promise<Image>;
  /** Ends its pull too. Rejects with `conflict.in-use` and the VMs that use it, as their disk or as a volume. */
  remove(name: string): Promise<void>;
  /** The sha256 of each content that a name or a VM needs. */
  contents(): Promise<string[]>;
}

export type PullIdentity = Pick<ImagePull, 'name' | 'createdAt'>;

export interface ImagePullStore {
  /** Oldest first. */
  list(): Promise<ImagePull[]>;
  /** Requests the content; replaces an earlier pull of that name. Creates an image without content where the name has none. */
  request(definition: ImageDefinition): Promise<void>;
  /** As `ImageStore.put`, by an attempt of this pull; null where another pull has replaced it, or the image was removed. */
  fulfil(pull: PullIdentity, image: FetchedImage): Promise<Image | null>;
  /** Counts a failed attempt; no effect where another pull has replaced this one. */
  failed(pull: PullIdentity, reason: string, retryAt: number): Promise<void>;
  /** Ends a pull without content, unless a VM waits for the pull: then false. */
  giveUp(name: string): Promise<boolean>;
}

/** Slices are named by their full names here and wherever else, see model/access/slice-name.ts. */
export interface SliceStore {
  /** All slices, or those of one owner, sorted by owner and name; including absent slices that are not gone yet. */
  list(filter?: { owner?: string }, leftOut?: LeftOut): Promise<Slice[]>;
  get(name: string): Promise<Slice>;
  /** Null where there is none of that name. */
  find(name: string): Promise<Slice | null>;
  networks(sliceId: string): Promise<Network[]>;
  /**
   * Commits a change: rows, segments, transit, addresses and MACs, all or nothing. Decides again in the transaction: `conflict.changed`
   * for another generation, `not-found` for an image, `exhausted.*`, `input.invalid` for an address in use. A slice that is absent but
   * not yet gone is refused with `conflict.in-use`.
   */
  commit(change: SliceChange): Promise<Slice>;
  /** Sets the desired state of the slice and of all its VMs, as `VmStore.desire` does. Resolves with the resulting slice. */
  desire(name: string, desired: SliceDesired): Promise<Slice>;
  /** Deletes an absent slice once it has neither VMs nor a router any more; true when it was deleted. */
  sweep(sliceId: string): Promise<boolean>;
}

/** The observation of a VM; only the given fields are written. */
export interface VmObservation {
  id: string;
  observed: Partial<VmObserved>;
}

/** The position in the order of VMs where a page begins: right after this VM, whether or not it still exists. */
export type VmPosition = Pick<Vm, 'slice' | 'name' | 'createdAt' | 'id'>;

export interface VmFilter {
  slice?: string;
  /** Of the slices. */
  owner?: string;
  nodeId?: string;
  after?: VmPosition;
  /** The largest number of VMs. */
  limit?: number;
}

export interface VmPage {
  vms: Vm[];
  /** How many VMs are missing among `vms` because they cannot be read; they count for the limit. */
  unreadable: number;
  /** The place where the next page begins; null where no VM follows. */
  next: VmPosition | null;
}

/** The fields of a VM that are counted and summed. */
export type VmOutline = Pick<Vm, 'id' | 'sliceId' | 'slice' | 'name' | 'nodeId' | 'movingTo' | 'stayReason' | 'desired'> &
  Pick<VmObserved, 'state' | 'restarts' | 'memoryHeld'> & {
    demand: Resources;
    /** Consecutive failed starts. */
    launchFailures: number;
  };

export interface VmStore {
  /** Sorted by owner, slice, name and age, NICs included. */
  list(filter?: VmFilter): Promise<Vm[]>;
  /** As `list`, and what a reader of the list needs to know of it. */
  page(filter: VmFilter): Promise<VmPage>;
  /** All, or those of one slice or owner, sorted by owner, slice and name; far cheaper than `list`. */
  outlines(filter?: { slice?: string; owner?: string }): Promise<VmOutline[]>;
  get(slice: string, name: string): Promise<Vm>;
  /**
   * Running increases `boot`, unless running was desired already and the VM is observed running: so a VM that powered itself off starts
   * again. Absent also removes the VM from the slice's spec. Rejects with `conflict.in-use` where a link needs the VM.
   */
  desire(slice: string, name: string, desired: VmDesired): Promise<Vm>;
  /** Restarts a running VM: `boot` increases, desired becomes running. */
  reboot(slice: string, name: string): Promise<Vm>;
  /** Writes observations, together with those of other concurrent callers. No effect for a VM that is gone. */
  observe(changes: readonly VmObservation[]): Promise<void>;
  /** Deletes the row of an absent VM of which nothing is left on a node; its NICs and addresses become free. */
  forget(id: string): Promise<void>;
}

/** A VM whose desired state is not reached, or that is to be removed. */
export type OpenVm = Pick<Vm, 'id' | 'sliceId' | 'nodeId' | 'desired' | 'generation'> & {
  observed: Pick<VmObserved, 'settledGeneration'>;
};

/** `routed`: the slice has networks, and so a router. */
export type SliceState = Pick<Slice, 'id' | 'name' | 'generation' | 'desired' | 'routerNodeId'> & { routed: boolean };

/** Unfinished work. */
export interface OpenWork {
  /** Identifiers of all nodes. */
  nodes: string[];
  /** All of them, sorted by name. */
  slices: SliceState[];
  vms: OpenVm[];
  /** VMs that run and have not taken their leases. */
  awaited: Pick<Vm, 'id' | 'sliceId'>[];
  /** Whether the scheduler may have decisions to make. Where false, a schedule of the snapshot would be empty. */
  undecided: boolean;
}

export interface PlacementStore {
  snapshot(): Promise<PlacementSnapshot>;
  /** Open work over all nodes, at a cost in proportion to it and to the number of slices and nodes. */
  open(): Promise<OpenWork>;
  /**
   * Commits assignments, each group independently. An assignment is refused where its subject is no longer where it was decided against,
   * where its node is gone, not ready, draining, not as required or, with overcommit, full, or where it would break constraints between
   * the places of VMs, all according to the values that the transaction reads. Resolves with the refused ids. `cursor` is written with
   * the assignments, see PlacementSnapshot; undefined leaves it.
   */
  commit(assignments: readonly Assignment[], cursor?: string | null): Promise<{ refused: string[] }>;
  /**
   * The VM has its new node from now on: its disks are complete there and no process of it runs on the old node. False, and nothing
   * changes, unless the VM is on node `from` and moves to node `to`.
   */
  completeMove(vmId: string, from: string, to: string): Promise<boolean>;
  /** No files of these VMs are left on the node, see WantedOnNode.leftovers. */
  clearLeftovers(nodeId: string, vmIds: readonly string[]): Promise<void>;
  /** The desired state of a node. */
  wanted(nodeId: string): Promise<WantedOnNode>;
  /** The input of a pass over a node; `seen` are the slices whose routers it has. The cost follows the number of objects on the node. */
  onNode(nodeId: string, seen: readonly string[]): Promise<NodeRecords>;
}

/** The stored state of one node's VMs and routers, at one moment. */
export interface NodeRecords {
  wanted: WantedOnNode;
  /** Subjects (`subjectOf`) with a part that cannot be read: they are left as they are. */
  unreadable: ReadonlySet<string>;
  /** VMs assigned to the node, sorted as `VmStore.list`. */
  vms: Vm[];
  /** VMs, not absent, of the slices whose routers are here. */
  routed: Vm[];
  /** Slices that are being removed and still have their routers here. */
  leaving: string[];
  /** Name by identifier, of all slices that have something here. */
  sliceNames: ReadonlyMap<string, string>;
}

export interface BackupStore {
  /** A consistent copy as lines of JSON: a header, then one row each, then their count. Read in one transaction; the same on both databases. */
  dump(): AsyncIterable<string>;
  /** Replaces everything by the content of a dump, all or nothing, and appends these events; `input.invalid` names the invalid line. */
  restore(lines: AsyncIterable<string>, events?: readonly NewEvent[]): Promise<void>;
}

export interface LeaderStore {
  /**
   * Registers this controller as the leader. From then on writes of an earlier leader are refused with `controller.standby`, as are those
   * of this leader once a later one has registered. True where an earlier leader has not resigned and may need a moment to notice.
   */
  register(leader: Leader): Promise<boolean>;
  /** Records the address of this controller. */
  announce(url: string): Promise<void>;
  /** Records that this controller acts no more. */
  resign(): Promise<void>;
  /** Whether this controller has registered, and no other controller has since. */
  isCurrent(): Promise<boolean>;
}

/** The ranges that the store allocates from; given at its opening. */
export interface StoreSettings {
  /** First and last VLAN tag, inclusive. */
  segments: { first: number; last: number };
  /** The underlay of new networks; a trunk by default. */
  underlay?: UnderlayKind;
  /** The range that transit networks are cut from, `a.b.c.d/n`. */
  transit: string;
}
