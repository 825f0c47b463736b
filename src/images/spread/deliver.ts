/** Delivers images to nodes, each once, from the nearest source. */
import { type Call, type Host, perform, run } from '../../host/host.ts';
import { readScript } from '../../host/script.ts';
import { CroftError } from '../../model/error.ts';
import type { ImageLibrary } from '../library/library.ts';
import { type Collected, type CollectOptions, collectImages, type Verified, verifyImage } from './collect.ts';
import { type DeliveredImage, type ImagePlace, imagePath, imagePresence, listImages } from './node-images.ts';
import { type ImageSource, type Receive, receiveImage } from './receive.ts';
import { closeToPeers, openToPeers, type ServeKey } from './serve.ts';
import { type Claim, type PeerRoute, type Station, Swarm } from './swarm.ts';

/** Receives the number of the image's bytes on the node. */
export type DeliveryProgress = (present: number, total: number) => void;

export interface ImageDelivery {
  /**
   * Resolves when the whole image is on the node. Concurrent calls for an image share one transfer; a partial file of an earlier transfer
   * is resumed. Rejects with `disk.full`, `command.failed`, `command.timeout` or `node.*`; the node then has no file under the image's
   * name, and at most a partial file that the next call resumes.
   */
  ensure(host: Host, place: ImagePlace, image: DeliveredImage, onProgress?: DeliveryProgress): Promise<void>;
  /** The sha256 of each image on the node, sorted; from then on other nodes may take them from there. */
  observe(host: Host, place: ImagePlace): Call<string[]>;
  /**
   * Removes images that are neither in `keep` (by sha256), nor on their way, nor in use on the node, and partial files without a
   * transfer.
   */
  collect(host: Host, place: ImagePlace, keep: readonly string[], options?: CollectOptions): Promise<Collected>;
  /** Reads a whole image on the node again; a damaged image is removed unless it is in use, so that it is fetched again. */
  verifyOnNode(host: Host, place: ImagePlace, image: DeliveredImage): Promise<Verified>;
  /** Aborts deliveries to the node, which no longer counts as a source: those calls of `ensure` reject. */
  giveUp(host: Host, place: ImagePlace): void;
  /** Revokes the access by which other nodes fetch images from this node. */
  withdraw(host: Host, place: ImagePlace): Promise<void>;
}

export interface ImageDeliveryOptions {
  library: Pick<ImageLibrary, 'path'>;
  /** True for a node that is the controller's own machine: it gets a hard link to the library where that is possible. */
  isLocal: (host: Host) => boolean;
  /** How nodes reach each other; without it all nodes take images from the controller. */
  peers?: { routeOf(host: Host): PeerRoute; key: ServeKey };
  /** ms without any progress after which a source is given up. */
  patience?: number;
  now?: () => number;
  /** Called when an image on a node was found to be damaged, with whether it was removed or is in use. */
  damaged?: (host: Host, image: DeliveredImage, removed: boolean) => void;
  receive?: Receive;
}

interface Transfer {
  done: Promise<void>;
  listeners: Set<DeliveryProgress>;
}

const alone: PeerRoute = { pool: '', ssh: null };

export function createImageDelivery(options: ImageDeliveryOptions): ImageDelivery {
  const { library, isLocal, peers, patience = 20_000, now = Date.now, damaged = () => undefined, receive = receiveImage } = options;
  const swarm = new Swarm({ routeOf: (host) => peers?.routeOf(host) ?? alone, peers: peers !== undefined, now });
  const transfers = new Map<string, Transfer>();
  const collections = new Map<string, Promise<unknown>>();
  const opened = new WeakMap<Station, Promise<void>>();

  async function transfer(target: Station, image: DeliveredImage, listeners: ReadonlySet<DeliveryProgress>): Promise<void> {
    const { host, place } = target;
    // An image that a collection is about to remove must not count as present.
    await collections.get(target.id)?.catch(() => undefined);
    const [present] = await perform(host, imagePresence(place, image));
    const source = library.path(image.sha256, image.format);
    if (!present && !(isLocal(host) && (await linkFile(host, source, imagePath(place, image))))) {
      await fetch(target, image, source, (bytes) => {
        for (const listener of listeners) listener(bytes, image.size);
      });
    }
    swarm.arrived(target, image.sha256);
  }

  /** Tries one source after the other, the controller last. Wrong content starts over once, from the controller. */
  async function fetch(target: Station, image: DeliveredImage, file: string, tell: (bytes: number) => void): Promise<void> {
    let from: 'anywhere' | 'controller' = isLocal(target.host) ? 'controller' : 'anywhere';
    let startedOver = false;
    for (;;) {
      const claim = await swarm.claim(target, image.sha256, from);
      let first: number | null = null;
      const onProgress = (bytes: number) => {
        if (first === null) claim.begun();
        first ??= bytes;
        tell(bytes);
      };
      const outcome = await attempt(claim, target, image, file, onProgress).finally(() => claim.release());
      if (outcome.kind === 'arrived') return;
      if (claim.from !== null) {
        swarm.blame(claim.from, target);
        opened.delete(claim.from);
      }
      const startsOver: boolean = outcome.kind === 'differs' && !startedOver;
      if (outcome.kind === 'differs' && claim.from !== null && first === 0) void suspect(claim.from, image);
      startedOver ||= startsOver;
      if (startsOver) from = 'controller';
      else if (claim.from === null) throw notDelivered(target.host, image, outcome.words);
    }
  }

  async function attempt(claim: Claim, { host, place }: Station, image: DeliveredImage, file: string, onProgress: (bytes: number) => void) {
    const source: ImageSource | Error = claim.from === null ? { kind: 'controller', file } : await openPeer(claim.from).catch(asError);
    if (source instanceof Error) return { kind: 'failed' as const, words: source.message };
    return await receive({ host, place, image, source, patience, onProgress });
  }

  /** Its copy had wrong content: no node takes it from there any more, and a damaged copy is removed or reported. */
  async function suspect(source: Station, image: DeliveredImage): Promise<void> {
    swarm.distrust(source, image.sha256);
    const verified = await verifyImage(source.host, source.place, image).catch(() => null);
    if (verified?.state !== 'damaged') return;
    damaged(source.host, image, verified.removed);
  }

  /** Prepares a node to be fetched from. Repeated for every source that failed before. */
  async function openPeer(station: Station): Promise<ImageSource> {
    const { host, place, route } = station;
    if (peers === undefined || route.ssh === null) throw new CroftError('internal', `node ${host.name} is no source of images`);
    const { user, address, port, hostKey } = route.ssh;
    const opening = opened.get(station) ?? openToPeers(host, place, peers.key);
    opened.set(station, opening);
    try {
      await opening;
      return { kind: 'peer', privateKey: peers.key.privateKey, user, address, port, hostKey: await hostKey() };
    } catch (thrown) {
      opened.delete(station);
      throw thrown;
    }
  }

  return {
    ensure(host, place, image, onProgress) {
      const station = swarm.station(host, place);
      const key = transferKey(station, image.sha256);
      const running = transfers.get(key);
      if (running !== undefined) {
        if (onProgress !== undefined) running.listeners.add(onProgress);
        return running.done;
      }
      const listeners = new Set(onProgress === undefined ? [] : [onProgress]);
      const done = transfer(station, image, listeners).finally(() => transfers.delete(key));
      transfers.set(key, { done, listeners });
      return done;
    },
    observe(host, place) {
      const { command, parse } = listImages(place);
      return {
        command,
        parse: (result) => {
          const images = parse(result);
          swarm.seen(swarm.station(host, place), images);
          return images;
        },
      };
    },
    collect(host, place, keep, collectOptions = {}) {
      const station = swarm.station(host, place);
      const coming = [...transfers.keys()].flatMap((key) => (key.startsWith(`${station.id}\0`) ? [key.slice(-64)] : []));
      const collection = collectImages(host, place, { keep, coming, ...collectOptions }).finally(() => {
        if (collections.get(station.id) === collection) collections.delete(station.id);
      });
      collections.set(station.id, collection);
      return collection;
    },
    async verifyOnNode(host, place, image) {
      if (transfers.has(transferKey(swarm.station(host, place), image.sha256))) return { state: 'absent' };
      return await verifyImage(host, place, image);
    },
    giveUp: (host, place) => swarm.giveUp(host, place),
    async withdraw(host, place) {
      if (peers !== undefined) await closeToPeers(host, place, peers.key);
    },
  };
}

function transferKey(station: Station, sha256: string): string {
  return `${station.id}\0${sha256}`;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function notDelivered(host: Host, { sha256 }: DeliveredImage, words: string): CroftError {
  return new CroftError('command.failed', `The image sha256:${sha256.slice(0, 12)} did not reach node ${host.name} whole: ${words}`, {
    node: host.name,
    hint: 'The next attempt resumes where this one ended. Check the connection to the node, and verify the image in the library (croft image verify).',
  });
}

const linkScript = readScript(import.meta.url, 'scripts/link-file.sh');

/**
 * Links the file, or copies it without its holes across file systems; false where neither is possible. Guests' processes read it under
 * their own users.
 */
async function linkFile(host: Host, source: string, target: string): Promise<boolean> {
  const { code } = await run(host, { argv: ['sh', '-c', linkScript, 'sh', source, target] });
  return code === 0;
}
