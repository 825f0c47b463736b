/** What the API stands on; the composition root hands it in. */
import type { Duplex, Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { Principals } from '../access/principals.ts';
import type { ImageDefinition, ImageTraits } from '../model/image/definition.ts';
import type { Image, ImageContent } from '../model/image/image.ts';
import type { ImageMap } from '../model/image/map/image-map.ts';
import type { ImageCheck, ImageCollection, PullProgress } from '../model/image/view.ts';
import type { DoctorReport } from '../model/node/doctor.ts';
import type { Hypervisor } from '../model/node/hypervisor.ts';
import type { Node, NodeConfigInput } from '../model/node/node.ts';
import type { AbandonedAnswer, CommandAnswer, DrainAnswer } from '../model/operations.ts';
import type { PlacementPolicy } from '../model/placement/placement.ts';
import type { Capability } from '../model/vm/capability.ts';
import type { GuestReport, Snapshot } from '../model/vm/operations.ts';
import type { Store } from '../store/store.ts';
import type { Metrics } from './metrics.ts';

/** How a machine is reached: the `ssh` part of a node's configuration. */
export type ReachTarget = NonNullable<NodeConfigInput['ssh']>;

/** What the API has done with images; what comes and goes is recorded there. */
export interface ImageGateway {
  /** The image map in force: where the user's file is wrong by now, what it said before. */
  map(): Promise<ImageMap>;
  /** The image map as it is written. Rejects with `input.*` where the user's file is wrong now. */
  mapAsWritten(): Promise<ImageMap>;
  /** Reads the stream to its end, checks that it is an image and points the name at it. Rejects with `image.unusable`. */
  add(name: string, content: Readable, traits?: ImageTraits): Promise<Image>;
  /** Rejects with `conflict.in-use` while VMs use it. */
  remove(name: string): Promise<void>;
  /** Builds the guest image that Croft brings along, from packages of this machine's distribution. */
  buildMicro(name: string): Promise<Image>;
  /** Builds a guest with systemd and cloud-init, of the release of this machine. Takes minutes. */
  buildDebian(name: string): Promise<Image>;
  /** Has those of the map fetched that never were; names that it does not know are passed over. */
  request(names: readonly string[]): Promise<void>;
  /**
   * Has the content fetched, also where there is one; null means the definition of the map, where `name` may be an alias.
   * Resolves to the name of the image. Rejects with `not-found`.
   */
  pull(name: string, definition: ImageDefinition | null): Promise<string>;
  /** Says where it is kept in advance, see Image. */
  keep(name: string, prepull: readonly string[]): Promise<void>;
  /** Null where nothing is being fetched for the name. */
  progress(name: string): PullProgress | null;
  /** Hashes it again wherever it is. */
  verify(name: string): Promise<ImageCheck[]>;
  /** Removes what nothing needs from the library and from the nodes, from these also what is `idle` there; a dry run only tells. */
  collect(options: { dryRun: boolean; idle: boolean }): Promise<ImageCollection[]>;
  /** Its file. Rejects with `not-found` where it was not fetched yet. */
  open(name: string): Promise<{ content: ImageContent; stream: Readable }>;
}

/** What the API has done on nodes themselves; adopting and forgetting are recorded there. All reject with `node.*` where the node cannot be worked with. */
export interface NodeGateway {
  /** Looks at the machine, pins its host key when none is given, and stores it. */
  adopt(config: NodeConfigInput): Promise<Node>;
  /** The fingerprint that the machine shows now. */
  hostKey(target: ReachTarget): Promise<string>;
  /** Checks one node, or all of them for null; with `fix` first installs what is missing. */
  doctor(name: string | null, fix: boolean): Promise<DoctorReport>;
  /** Runs a program or a script as root; `timeout` in ms. A non-zero exit is no rejection. */
  exec(
    name: string,
    work: { argv: readonly [string, ...string[]] } | { script: string; args: readonly string[] },
    timeout: number,
  ): Promise<CommandAnswer>;
  /** Puts nothing new on the node and has what can leave it leave. */
  drain(name: string): Promise<Omit<DrainAnswer, 'node'>>;
  /** Removes a node and all that is this controller's there; `conflict.in-use` while it has VMs, unless they are abandoned. */
  forget(name: string, abandon: boolean): Promise<AbandonedAnswer>;
}

export interface ConsoleGateway {
  /** Bytes to and from the guest's serial console; several viewers of one VM each get their own. The signal tells that this one left. */
  open(slice: string, vm: string, signal: AbortSignal): Promise<Duplex>;
  /** The last `bytes` of what it printed; rejects with `unsupported` where its hypervisor keeps nothing of that. */
  log(slice: string, vm: string, bytes: number): Promise<string>;
}

/** See VmOperations of the loops. */
export interface OperationGateway {
  snapshots(slice: string, vm: string): Promise<Snapshot[]>;
  snapshot(slice: string, vm: string, snapshot: string, memory: boolean): Promise<void>;
  revert(slice: string, vm: string, snapshot: string): Promise<void>;
  removeSnapshot(slice: string, vm: string, snapshot: string): Promise<void>;
  reboot(slice: string, vm: string, hard: boolean): Promise<void>;
  guest(slice: string, vm: string): Promise<GuestReport | null>;
  vnc(slice: string, vm: string): Promise<Duplex>;
}

/** Tells that events were appended; listeners then read them from the store. */
export interface ChangeFeed {
  /** Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export interface ApiDependencies {
  store: Store;
  /** Whose token a request carries. */
  principals: Principals;
  version: string;
  /** The range of the transit networks, `a.b.c.d/n`: no network of a slice may overlap it. */
  transit: string;
  /** How VMs are placed, to foretell it. */
  placement: { policy: PlacementPolicy; routerGrace: number };
  images: ImageGateway;
  nodes: NodeGateway;
  console: ConsoleGateway;
  operations: OperationGateway;
  changes: ChangeFeed;
  metrics: Metrics;
  /** What the hypervisor of a node can do; see Capability. */
  abilitiesOf(hypervisor: Hypervisor): ReadonlySet<Capability>;
  /** Tells the loops that desired state has changed. */
  wake(): void;
  logger: FastifyBaseLogger;
}
