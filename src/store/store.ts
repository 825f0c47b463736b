/** The store: durable state behind one interface, the same on SQLite and on PostgreSQL. */

import type { Principal } from '../model/access/principal.ts';
import type { Event, NewEvent } from '../model/event.ts';
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
import type { Task } from '../model/task.ts';
import type { Flavor } from '../model/vm/flavor.ts';
import type { Vm, VmDesired, VmObserved } from '../model/vm/vm.ts';
import type { RetentionBounds } from './expiry.ts';

export interface Store {
  readonly dialect: 'sqlite' | 'postgres';
  /** Made once, at the first opening; labels what this controller owns on nodes. */
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
   * Runs the change that a command makes: all that `work` writes through the commit that it is given is stored together, or
   * nothing of it. `work` must not use the store itself, waits for nothing else, and may be run again. `by` is who asks for it.
   */
  commit<Result>(by: Principal, work: (commit: Commit) => Promise<Result>): Promise<Result>;

  close(): Promise<void>;
}

/** What the change of a command may consist of. Reads show what was written through it before. */
export interface Commit {
  readonly nodes: Pick<NodeStore, 'get' | 'add' | 'administer' | 'configure' | 'remove'>;
  readonly images: Pick<ImageStore, 'list' | 'put' | 'setPrepull' | 'remove'>;
  readonly imagePulls: Pick<ImagePullStore, 'request'>;
  readonly slices: Pick<SliceStore, 'get' | 'commit' | 'desire'>;
  readonly vms: Pick<VmStore, 'desire' | 'reboot'>;
  readonly tasks: Pick<TaskStore, 'start'>;
  readonly events: Pick<EventStore, 'append'>;
}

export interface NodeStore {
  /** Sorted by name. */
  list(): Promise<Node[]>;
  /** By name; rejects with `not-found` that lists near names. */
  get(name: string): Promise<Node>;
  /** Name by identifier. */
  names(): Promise<Map<string, string>>;
  /** Null where there is none. */
  byId(id: string): Promise<Node | null>;
  /** Rejects with `conflict.exists`, also where another node has the same address, port and state folder. */
  add(config: NodeConfig): Promise<Node>;
  /** Replaces its configuration by what `edit` makes of the one that it has. By name; rejects as `get` and `add` do. */
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

/** Content that was fetched, sent or built, for a name. */
export interface FetchedImage {
  name: string;
  content: ImageContent;
  traits: ImageTraits;
  origin: string | null;
}

export interface ImageStore {
  /** Sorted by name; what VMs were made from before a name moved is not among them. */
  list(): Promise<Image[]>;
  get(name: string): Promise<Image>;
  byId(id: string): Promise<Image>;
  /** Points the name at this content and ends its pull. VMs made before keep the content that they were made from. */
  put(image: FetchedImage): Promise<Image>;
  /** Where it is kept without a VM that needs it, see Image. */
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
  /** Asks for the content; in place of an earlier pull of that name. Makes an image without content where the name has none. */
  request(definition: ImageDefinition): Promise<void>;
  /** As `ImageStore.put`, by an attempt of this pull; null where another one has taken its place, or the image was removed. */
  fulfil(pull: PullIdentity, image: FetchedImage): Promise<Image | null>;
  /** Counts an attempt that failed; nothing where another pull has taken its place. */
  failed(pull: PullIdentity, reason: string, retryAt: number): Promise<void>;
  /** Ends a pull without content, unless a VM waits for it: then false. */
  giveUp(name: string): Promise<boolean>;
}

/** Slices are named by their full names here and wherever else, see model/access/slice-name.ts. */
export interface SliceStore {
  /** All, or those of one owner, sorted by owner and name; those that are absent but not yet gone included. */
  list(filter?: { owner?: string }): Promise<Slice[]>;
  get(name: string): Promise<Slice>;
  /** Null where there is none of that name. */
  find(name: string): Promise<Slice | null>;
  networks(sliceId: string): Promise<Network[]>;
  /**
   * Commits a change: rows, segments, transit, addresses and MACs, all or nothing. Decides again in the transaction:
   * `conflict.changed` for another generation, `not-found` for an image, `exhausted.*`, `input.invalid` for an address taken.
   * A slice that is absent but not yet gone is refused with `conflict.in-use`.
   */
  commit(change: SliceChange): Promise<Slice>;
  /** Sets what is desired of the slice and of all its VMs, as `VmStore.desire` does. Resolves with the slice as it is then. */
  desire(name: string, desired: SliceDesired): Promise<Slice>;
  /** Deletes an absent slice once it has neither VMs nor a router any more; true when it did. */
  sweep(sliceId: string): Promise<boolean>;
}

/** What was seen of a VM; only the given fields are written. */
export interface VmObservation {
  id: string;
  observed: Partial<VmObserved>;
}

/** Where in the order of VMs a page begins: right after this one, whether or not it is still there. */
export type VmPosition = Pick<Vm, 'slice' | 'name' | 'createdAt' | 'id'>;

export interface VmFilter {
  slice?: string;
  /** Of the slices. */
  owner?: string;
  nodeId?: string;
  after?: VmPosition;
  /** At most so many. */
  limit?: number;
}

/** What of a VM is counted and summed. */
export type VmOutline = Pick<Vm, 'id' | 'sliceId' | 'slice' | 'name' | 'nodeId' | 'movingTo' | 'stayReason' | 'desired'> &
  Pick<VmObserved, 'state' | 'restarts' | 'memoryHeld'> & { demand: Resources };

export interface VmStore {
  /** Sorted by owner, slice, name and age, NICs included. */
  list(filter?: VmFilter): Promise<Vm[]>;
  /** All, or those of one slice or owner, sorted by owner, slice and name; far cheaper than `list`. */
  outlines(filter?: { slice?: string; owner?: string }): Promise<VmOutline[]>;
  get(slice: string, name: string): Promise<Vm>;
  /**
   * Running grows `boot`, unless it was desired already and the VM is observed running: so a VM that powered itself off starts again.
   * Absent also takes it out of the slice's spec. Rejects with `conflict.in-use` where a link needs it.
   */
  desire(slice: string, name: string, desired: VmDesired): Promise<Vm>;
  /** Starts a running VM anew: `boot` grows, desired becomes running. */
  reboot(slice: string, name: string): Promise<Vm>;
  /** Writes what was observed, together with what others write at the same time. Nothing happens for a VM that is gone. */
  observe(changes: readonly VmObservation[]): Promise<void>;
  /** Deletes the row of an absent VM of which nothing is left on a node; its NICs and addresses become free. */
  forget(id: string): Promise<void>;
}

/** A VM whose wish is not settled, or that is to be gone. */
export type OpenVm = Pick<Vm, 'id' | 'sliceId' | 'nodeId' | 'desired' | 'generation'> & {
  observed: Pick<VmObserved, 'settledGeneration'>;
};

/** `routed`: it has networks, and so a router. */
export type SliceState = Pick<Slice, 'id' | 'name' | 'generation' | 'desired' | 'routerNodeId'> & { routed: boolean };

/** What is not done yet. */
export interface OpenWork {
  /** Identifiers of all nodes. */
  nodes: string[];
  /** All of them, sorted by name. */
  slices: SliceState[];
  vms: OpenVm[];
  /** VMs that run and have not taken their leases. */
  awaited: Pick<Vm, 'id' | 'sliceId'>[];
  /** Something may be to be decided by the scheduler. Where it is false a schedule of the snapshot would be empty. */
  undecided: boolean;
}

export interface PlacementStore {
  snapshot(): Promise<PlacementSnapshot>;
  /** What is open over all nodes, in proportion to it and to the number of slices and nodes. */
  open(): Promise<OpenWork>;
  /**
   * Commits assignments, each group on its own merits: one is refused whose subject is no longer where it was decided
   * against, whose node is gone, not ready, draining, not what is asked for or, with overcommit, full, or that would break
   * what VMs ask of each other's places, all by what the transaction reads. Resolves with the ids refused.
   * `cursor` is written with them, see PlacementSnapshot; undefined leaves it.
   */
  commit(assignments: readonly Assignment[], cursor?: string | null): Promise<{ refused: string[] }>;
  /**
   * The VM has its new node from now on: its disks are whole there and no process of it runs on the old one. False, and
   * nothing changes, unless it is on node `from` and moves to node `to`.
   */
  completeMove(vmId: string, from: string, to: string): Promise<boolean>;
  /** Nothing of these VMs is left on the node, see WantedOnNode.leftovers. */
  clearLeftovers(nodeId: string, vmIds: readonly string[]): Promise<void>;
  /** What is wanted on a node. */
  wanted(nodeId: string): Promise<WantedOnNode>;
  /** What a pass over a node needs; `seen` are the slices of which it has routers. Costs in proportion to what is on the node. */
  onNode(nodeId: string, seen: readonly string[]): Promise<NodeRecords>;
}

/** What is stored of one node's VMs and routers, at one moment. */
export interface NodeRecords {
  wanted: WantedOnNode;
  /** Those that have the node, sorted as `VmStore.list`. */
  vms: Vm[];
  /** Those, not absent, of the slices whose routers are here. */
  routed: Vm[];
  /** Slices that are being removed and still have their routers here. */
  leaving: string[];
  /** Name by identifier, of all slices that have something here. */
  sliceNames: ReadonlyMap<string, string>;
}

export interface TaskStore {
  /** Newest first, at most `limit`; all, or those of one owner. */
  list(limit: number, owner?: string): Promise<Task[]>;
  get(id: string): Promise<Task>;
  running(): Promise<Task[]>;
  /** Ends an older running task of the same subject and VM as failed, with the message that this one overtook it. */
  start(task: Pick<Task, 'kind' | 'subject' | 'vm' | 'generation'>): Promise<Task>;
  /** Deletes the oldest that have ended and are beyond the bounds, at most `batch`. Resolves with their number. */
  prune(bounds: RetentionBounds, batch: number): Promise<number>;
  /** Ends a running task. The event `task.ended` that says so is appended with it, here and where a task is overtaken. */
  end(id: string, state: 'done' | 'failed', message: string | null): Promise<void>;
}

export interface EventStore {
  append(events: readonly NewEvent[]): Promise<void>;
  /**
   * Those with a higher sequence, oldest first, at most `limit`. Where some of them are no longer kept, the first is an `events.gap`
   * in their place, with the sequence of the last of them. With an owner only those that are about its slices, and gaps.
   */
  after(sequence: number, limit: number, owner?: string): Promise<Event[]>;
  /** The newest sequence, 0 where there never was an event. */
  latest(): Promise<number>;
  /** Deletes the oldest that are beyond the bounds, at most `batch`. Resolves with their number. */
  prune(bounds: RetentionBounds, batch: number): Promise<number>;
}

/** An event as it leaves the controller. Its id is the same whenever it is read, and no other event has it, so that a receiver can tell repetitions. */
export interface OutboxMessage {
  id: string;
  event: Event;
}

/** Cursors over the events, each of one reader. Events keep their order; what happened to one subject is never seen the other way round. */
export interface Outbox {
  /** Makes the cursor, unless it is there: before the oldest event that is kept, or behind the newest. */
  open(name: string, from: 'oldest' | 'newest'): Promise<void>;
  /** What comes after the cursor, as `EventStore.after`, a gap included. Rejects with `not-found` where there is no such cursor. */
  read(name: string, limit: number): Promise<OutboxMessage[]>;
  /** All up to this sequence has left; a cursor never goes back. */
  advance(name: string, sequence: number): Promise<void>;
  /** The reader is gone: nothing is kept for it any more. */
  close(name: string): Promise<void>;
}

export interface BackupStore {
  /** A consistent copy as lines of JSON: a header, then one row each, then their count. Read in one transaction; the same on both databases. */
  dump(): AsyncIterable<string>;
  /** Replaces everything by what a dump says, all or nothing, and appends these events; `input.invalid` names the line that is wrong. */
  restore(lines: AsyncIterable<string>, events?: readonly NewEvent[]): Promise<void>;
}

export interface LeaderStore {
  /**
   * Says that this controller leads. From then on what an earlier one still writes is refused with `controller.standby`, and what
   * this one writes once a later one has said so. True where an earlier one has not resigned: it may need a moment to notice.
   */
  register(leader: Leader): Promise<boolean>;
  /** Says where it answers. */
  announce(url: string): Promise<void>;
  /** Says that it acts no more. */
  resign(): Promise<void>;
  /** Whether it has registered, and none has since. */
  isCurrent(): Promise<boolean>;
}

/** Numbers that the store allocates from; given when it is opened. */
export interface StoreSettings {
  /** First and last VLAN tag, inclusive. */
  segments: { first: number; last: number };
  /** What carries new networks; a trunk where nothing is said. */
  underlay?: UnderlayKind;
  /** The range that transit networks are cut from, `a.b.c.d/n`. */
  transit: string;
}
