/** What the API stands on; the composition root hands it in. */
import type { Duplex, Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { DoctorReport } from '../model/doctor.ts';
import type { Image } from '../model/image.ts';
import type { Node, NodeConfigInput } from '../model/node.ts';
import type { AbandonedAnswer, CommandAnswer } from '../model/operations.ts';
import type { Store } from '../store/store.ts';
import type { Metrics } from './metrics.ts';

/** How a machine is reached: the `ssh` part of a node's configuration. */
export type ReachTarget = NonNullable<NodeConfigInput['ssh']>;

/** What comes and goes is recorded there. */
export interface ImageIntake {
  /** Reads the stream to its end, checks that it is a disk image and points the name at it. Rejects with `image.unusable`. */
  add(name: string, content: Readable, onProgress?: (bytes: number) => void): Promise<Image>;
  /** Rejects with `conflict.in-use` while VMs use it. */
  remove(name: string): Promise<void>;
  /** Builds the guest image that Croft brings along, from packages of this machine's distribution. */
  buildMicro(name: string): Promise<Image>;
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
  /** Removes a node and all that is this controller's there; `conflict.in-use` while it has VMs, unless they are abandoned. */
  forget(name: string, abandon: boolean): Promise<AbandonedAnswer>;
}

export interface ConsoleGateway {
  /** Bytes to and from the guest's serial console; several viewers of one VM each get their own. */
  open(slice: string, vm: string): Promise<Duplex>;
  /** The last `bytes` of what it printed. */
  log(slice: string, vm: string, bytes: number): Promise<string>;
}

/** Tells that events were appended; listeners then read them from the store. */
export interface ChangeFeed {
  /** Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export interface ApiDependencies {
  store: Store;
  /** Every request but the health check must carry it. */
  token: string;
  version: string;
  /** The range of the transit networks, `a.b.c.d/n`: no network of a slice may overlap it. */
  transit: string;
  images: ImageIntake;
  nodes: NodeGateway;
  console: ConsoleGateway;
  changes: ChangeFeed;
  metrics: Metrics;
  /** Tells the loops that desired state has changed. */
  wake(): void;
  logger: FastifyBaseLogger;
}
