/** What commands work with besides the store: what is done with images and on nodes. The composition root hands it in. */
import type { Readable } from 'node:stream';
import type { Principal } from '../model/access/principal.ts';
import type { ImageDefinition, ImageTraits } from '../model/image/definition.ts';
import type { Image, ImageContent } from '../model/image/image.ts';
import type { ImageMap } from '../model/image/map/image-map.ts';
import type { ImageCheck, ImageCollection, PullProgress } from '../model/image/view.ts';
import type { DoctorReport } from '../model/node/doctor.ts';
import type { Hypervisor } from '../model/node/hypervisor.ts';
import type { Node, NodeConfig, NodeConfigInput } from '../model/node/node.ts';
import type { AbandonedAnswer, CommandAnswer, DrainAnswer } from '../model/operations.ts';
import type { PlacementPolicy } from '../model/placement/placement.ts';
import type { Capability } from '../model/vm/capability.ts';
import type { Store } from '../store/store.ts';

/** How a machine is reached: the `ssh` part of a node's configuration. */
export type ReachTarget = NonNullable<NodeConfigInput['ssh']>;

/** What is done with images. What comes and goes is recorded there. */
export interface ImageGateway {
  /** The image map in force: where the user's file is wrong by now, what it said before. */
  map(): Promise<ImageMap>;
  /** The image map as it is written. Rejects with `input.*` where the user's file is wrong now. */
  mapAsWritten(): Promise<ImageMap>;
  /** Reads the stream to its end, checks that it is an image and points the name at it. Rejects with `image.unusable`. */
  add(by: Principal, name: string, content: Readable, traits?: ImageTraits): Promise<Image>;
  /** Rejects with `conflict.in-use` while VMs use it. */
  remove(by: Principal, name: string): Promise<void>;
  /** Builds the guest image that Croft brings along, from packages of this machine's distribution. */
  buildMicro(by: Principal, name: string): Promise<Image>;
  /** Builds a guest with systemd and cloud-init, of the release of this machine. Takes minutes. */
  buildDebian(by: Principal, name: string): Promise<Image>;
  /**
   * What the image is to be fetched from: as given, else as the map says, where `name` may be an alias. Its name is that of the
   * image. Rejects with `not-found`, and with `input.invalid` for a name that an image cannot have.
   */
  definition(name: string, given: ImageDefinition | null): Promise<ImageDefinition>;
  /** Tells that images are to be fetched, or kept elsewhere. */
  wake(): void;
  /** Null where nothing is being fetched for the name. */
  progress(name: string): PullProgress | null;
  /** Hashes it again wherever it is. */
  verify(name: string): Promise<ImageCheck[]>;
  /** Removes what nothing needs from the library and from the nodes, from these also what is `idle` there; a dry run only tells. */
  collect(options: { dryRun: boolean; idle: boolean }): Promise<ImageCollection[]>;
  /** Its file. Rejects with `not-found` where it was not fetched yet. */
  open(name: string): Promise<{ content: ImageContent; stream: Readable }>;
}

/** What is done on nodes themselves. All reject with `node.*` where the node cannot be worked with. */
export interface NodeGateway {
  /** Logs in to the machine, and pins its host key when none is given. Rejects with `conflict.exists`, `unsupported`. */
  reach(config: NodeConfigInput): Promise<NodeConfig>;
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
  /** Foretells what becomes of the VMs of a node that drains. */
  foretellDrain(node: Node): Promise<DrainAnswer['vms']>;
  /**
   * Removes a node and all that is this controller's there; `conflict.in-use` while it has VMs, unless they are abandoned.
   * Recorded there.
   */
  forget(by: Principal, name: string, abandon: boolean): Promise<AbandonedAnswer>;
}

export interface CommandDependencies {
  store: Store;
  /** The range of the transit networks, `a.b.c.d/n`: no network of a slice may overlap it. */
  transit: string;
  /** How VMs are placed, to foretell it. */
  placement: { policy: PlacementPolicy; routerGrace: number };
  images: ImageGateway;
  nodes: NodeGateway;
  /** What the hypervisor of a node can do; see Capability. */
  abilitiesOf(hypervisor: Hypervisor): ReadonlySet<Capability>;
  /** Tells the loops that desired state has changed. */
  wake(): void;
}
