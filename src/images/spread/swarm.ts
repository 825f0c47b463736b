/** Tracks which nodes have which images, the transfers between them, and failed connections. */
import type { Host } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { ImagePlace } from './node-images.ts';
import { chooseSource, type Holder } from './spread.ts';

/** How other nodes reach a node. */
export interface PeerRoute {
  /** Nodes of one pool are near each other. */
  pool: string;
  /** Null where no other node can log in to it. `hostKey` is read again each time and rejects unless it is the pinned one. */
  ssh: { user: string; address: string; port: number; hostKey(): Promise<string> } | null;
}

export interface Station {
  /** Different for each folder of each node. */
  id: string;
  host: Host;
  place: ImagePlace;
  route: PeerRoute;
  /** Aborted when the node is given up. */
  given: AbortController;
}

interface Arrival {
  state: 'receiving' | 'starting';
  upstream: string | null;
}

interface Holding {
  whole: Set<string>;
  arrivals: Map<string, Arrival>;
  /** Image → the number of nodes that take it from here. */
  serving: Map<string, number>;
}

/** A chosen source; `from` is null for the controller. It counts as serving until it is released. */
export interface Claim {
  from: Station | null;
  /** The first bytes have arrived: the node can now pass them on. */
  begun(): void;
  release(): void;
}

/** ms for which a failed connection between two nodes is not tried again. */
const grudge = 300_000;

export class Swarm {
  readonly #stations = new Map<string, Station>();
  readonly #holdings = new Map<string, Holding>();
  readonly #controllerServing = new Map<string, number>();
  /** `source target` → until when it is not tried. */
  readonly #failedWays = new Map<string, number>();
  /** `image source`: its copy was found to be wrong. */
  readonly #wrongCopies = new Set<string>();
  readonly #routeOf: (host: Host) => PeerRoute;
  readonly #peers: boolean;
  readonly #now: () => number;
  #change = Promise.withResolvers<void>();

  /** Without `peers` only the controller is a source. */
  constructor(options: { routeOf(host: Host): PeerRoute; peers: boolean; now(): number }) {
    this.#routeOf = options.routeOf;
    this.#peers = options.peers;
    this.#now = options.now;
  }

  station(host: Host, place: ImagePlace): Station {
    const id = `${host.name}\0${place.stateFolder}`;
    const known = this.#stations.get(id);
    if (known?.host === host) return known;
    const station: Station = { id, host, place, route: this.#routeOf(host), given: new AbortController() };
    this.#stations.set(id, station);
    this.#holdings.set(id, { whole: new Set(), arrivals: new Map(), serving: new Map() });
    return station;
  }

  /** Forgets the node, and rejects the calls that wait for a source for it. */
  giveUp(host: Host, place: ImagePlace): void {
    const { id, given } = this.station(host, place);
    this.#stations.delete(id);
    this.#holdings.delete(id);
    given.abort();
    this.#changed();
  }

  /** The images that a node was seen to have. */
  seen({ id }: Station, images: readonly string[]): void {
    const holding = this.#holdings.get(id);
    if (holding !== undefined) holding.whole = new Set(images);
  }

  arrived({ id }: Station, sha256: string): void {
    this.#wrongCopies.delete(`${sha256} ${id}`);
    this.#holdings.get(id)?.whole.add(sha256);
    this.#changed();
  }

  /** The connection is not tried again for a while. */
  blame(source: Station, target: Station): void {
    this.#failedWays.set(`${source.id} ${target.id}`, this.#now() + grudge);
  }

  /** Its copy is not used any more until it has another copy. */
  distrust(source: Station, sha256: string): void {
    this.#wrongCopies.add(`${sha256} ${source.id}`);
  }

  /** Chooses a source, and waits while no source is free. Rejects with `unavailable` when the node is given up. */
  async claim(target: Station, sha256: string, from: 'anywhere' | 'controller'): Promise<Claim> {
    for (;;) {
      if (target.given.signal.aborted) throw new CroftError('unavailable', `Node ${target.host.name} gets no more images: it is given up`);
      const holders = this.#holders(sha256);
      const choice =
        from === 'controller' || !this.#peers
          ? ({ kind: 'controller' } as const)
          : chooseSource({
              target: { id: target.id, pool: target.route.pool },
              holders,
              useless: this.#useless(target, sha256, holders),
              controllerServing: this.#controllerServing.get(sha256) ?? 0,
            });
      if (choice.kind !== 'wait')
        return this.#take(target, sha256, choice.kind === 'peer' ? (this.#stations.get(choice.id) ?? null) : null);
      await this.#change.promise;
    }
  }

  #holders(sha256: string): Holder[] {
    return [...this.#stations.values()].flatMap(({ id, route }) => {
      const { whole, arrivals, serving } = this.#holdings.get(id) as Holding;
      const arrival = arrivals.get(sha256);
      if (!whole.has(sha256) && arrival === undefined) return [];
      const state = arrival?.state ?? 'whole';
      return [{ id, pool: route.pool, state, upstream: arrival?.upstream ?? null, serving: serving.get(sha256) ?? 0 }];
    });
  }

  #useless(target: Station, sha256: string, holders: readonly Holder[]): Set<string> {
    const now = this.#now();
    const without = holders.filter(
      ({ id }) =>
        this.#stations.get(id)?.route.ssh === null ||
        (this.#failedWays.get(`${id} ${target.id}`) ?? 0) > now ||
        this.#wrongCopies.has(`${sha256} ${id}`),
    );
    return new Set(without.map(({ id }) => id));
  }

  #take(target: Station, sha256: string, from: Station | null): Claim {
    const serving = from === null ? this.#controllerServing : (this.#holdings.get(from.id)?.serving ?? new Map<string, number>());
    const arrivals = this.#holdings.get(target.id)?.arrivals;
    const arrival: Arrival = { state: 'starting', upstream: from?.id ?? null };
    arrivals?.set(sha256, arrival);
    serving.set(sha256, (serving.get(sha256) ?? 0) + 1);
    return {
      from,
      begun: () => {
        arrival.state = 'receiving';
        this.#changed();
      },
      release: () => {
        arrivals?.delete(sha256);
        const left = (serving.get(sha256) ?? 1) - 1;
        if (left > 0) serving.set(sha256, left);
        else serving.delete(sha256);
        this.#changed();
      },
    };
  }

  #changed(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}
