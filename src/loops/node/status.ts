/** Records whether a node can be worked with, and what that means for its VMs; decides when a failing node is tried again. */
import { Backoff } from '../../model/backoff.ts';
import { asCroftError } from '../../model/error.ts';
import type { Node, NodeObserved, NodeSpecs, NodeStatus } from '../../model/node/node.ts';
import type { Vm, VmObserved } from '../../model/vm/vm.ts';
import type { Store } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import { inWords } from './recorder.ts';

export interface NodeStatusOptions {
  store: Store;
  journal: Journal;
  now(): number;
  /** The status of the node changed. */
  changed(): void;
  /** A defect, for the log. */
  failed(error: unknown): void;
}

const longestRetry = 60_000;
const backoff = new Backoff({ first: 1_000, longest: longestRetry });
/** Vitals alone are written no more often than this, in ms. */
const vitalsEvery = 60_000;

export class NodeStatusRecord {
  readonly #options: NodeStatusOptions;
  #failures = 0;

  constructor(options: NodeStatusOptions) {
    this.#options = options;
  }

  /** `images`: the sha256 of each image that the node has, sorted. */
  async ready(node: Node, specs: NodeSpecs, images: readonly string[]): Promise<void> {
    this.#failures = 0;
    const { now, changed } = this.#options;
    const { observed } = node;
    const sameImages = images.join() === observed.images.join();
    const fresh = observed.status === 'ready' && observed.seenAt !== null && now() - observed.seenAt < vitalsEvery;
    if (fresh && sameImages && observed.specs?.bootId === specs.bootId) return;
    await this.#record(node, { status: 'ready', reason: null, specs, seenAt: now(), images: [...images] });
    if (!sameImages) changed();
  }

  /**
   * Records the reason, marks the node's VMs as unknown, and resolves with the ms until the next try. A defect of Croft itself says
   * nothing about the node: it is only logged.
   */
  async failed(node: Node, thrown: unknown): Promise<number> {
    const { store, failed } = this.#options;
    const error = asCroftError(thrown);
    if (error.code === 'internal') {
      failed(error);
      return longestRetry;
    }
    const status: NodeStatus = error.code === 'node.unfit' || error.code === 'node.sudo' ? 'unfit' : 'unreachable';
    const { specs, seenAt, images } = node.observed;
    await this.#record(node, { status, reason: inWords(error), specs, seenAt, images });
    const vms = await store.vms.list({ nodeId: node.id });
    const unknown: Partial<VmObserved> = { state: 'unknown', reason: `node ${node.config.name} is ${status}` };
    const observations = vms.map(({ id }) => ({ id, observed: unknown }));
    await store.vms.observe(differences(vms, observations));
    this.#failures += 1;
    return backoff.wait(this.#failures);
  }

  async #record({ id, config, observed: before }: Node, seen: Omit<NodeObserved, 'since'>): Promise<void> {
    const { store, journal, now, changed } = this.#options;
    const { status, reason } = seen;
    const turned = before.status !== status || before.reason !== reason;
    if (!turned && seen.specs === before.specs && seen.seenAt === before.seenAt) return;
    await store.nodes.observe(id, { ...seen, since: before.status === status ? before.since : now() });
    if (!turned) return;
    const message = reason === null ? `is ${status}` : `is ${status}: ${reason}`;
    journal.record({ kind: 'node.status', node: config.name, message, data: { status, reason } });
    changed();
  }
}

/** Only the values that differ from the rows, so that a pass without changes writes nothing. */
export function differences(
  rows: readonly Vm[],
  observations: readonly { id: string; observed: Partial<VmObserved> }[],
): { id: string; observed: Partial<VmObserved> }[] {
  const known = new Map(rows.map(({ id, observed }) => [id, observed]));
  return observations.filter(({ id, observed }) => {
    const before = known.get(id);
    return before !== undefined && Object.entries(observed).some(([key, value]) => before[key as keyof VmObserved] !== value);
  });
}
