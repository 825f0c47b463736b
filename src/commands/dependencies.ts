/** The dependencies of commands in addition to the store: operations on images and on nodes. The composition root provides them. */
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

/** The SSH connection of a machine: the `ssh` part of a node's configuration. */
export type ReachTarget = NonNullable<NodeConfigInput['ssh']>;

/** Operations on images. Added and removed images are recorded there. */
export interface ImageGateway {
  /** The image map in force: where the user's file has become invalid, its last valid content. */
  map(): Promise<ImageMap>;
  /** The image map as written. Rejects with `input.*` where the user's file is invalid now. */
  mapAsWritten(): Promise<ImageMap>;
  /** Reads the stream to its end, checks that the content is an image and points the name at it. Rejects with `image.unusable`. */
  add(by: Principal, name: string, content: Readable, traits?: ImageTraits): Promise<Image>;
  /** Rejects with `conflict.in-use` while VMs use the image. */
  remove(by: Principal, name: string): Promise<void>;
  /** Builds Croft's micro guest image, from packages of this machine's distribution. */
  buildMicro(by: Principal, name: string): Promise<Image>;
  /** Builds a guest with systemd and cloud-init, of the release of this machine. Takes minutes. */
  buildDebian(by: Principal, name: string): Promise<Image>;
  /**
   * The definition to fetch the image from: the given one, or else the map's, where `name` may be an alias. The result bears the name of
   * the image. Rejects with `not-found`, and with `input.invalid` for a name that an image cannot have.
   */
  definition(name: string, given: ImageDefinition | null): Promise<ImageDefinition>;
  /** Notifies the loops that images are to be fetched, or kept elsewhere. */
  wake(): void;
  /** Null where no fetch of the name is in progress. */
  progress(name: string): PullProgress | null;
  /** Hashes the image again wherever it is stored. */
  verify(name: string): Promise<ImageCheck[]>;
  /**
   * Removes unused images from the library and from the nodes, from these also images that are `idle` there; a dry run only reports them.
   */
  collect(options: { dryRun: boolean; idle: boolean }): Promise<ImageCollection[]>;
  /** The image's file. Rejects with `not-found` where it was not fetched yet. */
  open(name: string): Promise<{ content: ImageContent; stream: Readable }>;
}

/** Operations on nodes themselves. All reject with `node.*` where the node cannot be worked with. */
export interface NodeGateway {
  /** Logs in to the machine, and pins its host key when none is given. Rejects with `conflict.exists`, `unsupported`. */
  reach(config: NodeConfigInput): Promise<NodeConfig>;
  /** The fingerprint of the machine's present host key. */
  hostKey(target: ReachTarget): Promise<string>;
  /** Checks one node, or all of them for null; with `fix` first installs missing parts. */
  doctor(name: string | null, fix: boolean): Promise<DoctorReport>;
  /** Runs a program or a script as root; `timeout` in ms. A non-zero exit is no rejection. */
  exec(
    name: string,
    work: { argv: readonly [string, ...string[]] } | { script: string; args: readonly string[] },
    timeout: number,
  ): Promise<CommandAnswer>;
  /** Predicts what becomes of the VMs of a draining node. */
  foretellDrain(node: Node): Promise<DrainAnswer['vms']>;
  /**
   * Removes a node and everything that belongs to this controller there; `conflict.in-use` while it has VMs, unless they are abandoned.
   * Recorded there.
   */
  forget(by: Principal, name: string, abandon: boolean): Promise<AbandonedAnswer>;
}

export interface CommandDependencies {
  store: Store;
  /** The range of the transit networks, `a.b.c.d/n`: no network of a slice may overlap it. */
  transit: string;
  /** How VMs are placed, for predictions. */
  placement: { policy: PlacementPolicy; routerGrace: number };
  images: ImageGateway;
  nodes: NodeGateway;
  /** The capabilities of a node's hypervisor; see Capability. */
  abilitiesOf(hypervisor: Hypervisor): ReadonlySet<Capability>;
  /** Notifies the loops that the desired state has changed. */
  wake(): void;
}
