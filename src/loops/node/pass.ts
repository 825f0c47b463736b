/** The part of a pass over a node that follows the observation: record the observation, plan, and start the steps. */
import type { StopTimes } from '../../drivers/hypervisor/driver.ts';
import type { Node } from '../../model/node/node.ts';
import type { RouterPlan, WantedOnNode } from '../../model/node/plan.ts';
import { execute } from '../../reconciler/execute.ts';
import { type NodeObservation, planNode } from '../../reconciler/plan.ts';
import { keyOf, type Step, subjectOf } from '../../reconciler/steps.ts';
import type { Store } from '../../store/store.ts';
import type { ConcurrencyLimit } from '../concurrency-limit.ts';
import type { Journal } from '../journal.ts';
import type { NodeConnection, NodeImages } from './connection.ts';
import { LeaseRecord } from './leases.ts';
import type { Moves } from './moves.ts';
import { byNode } from './node-failure.ts';
import { Recorder } from './recorder.ts';
import { Retries } from './retries.ts';
import { runningLaunches } from './running-launches.ts';
import { differences } from './status.ts';
import type { Subjects } from './subjects.ts';
import { vmNews } from './vm-news.ts';

export interface NodePassOptions {
  store: Store;
  reading: ConcurrencyLimit;
  journal: Journal;
  images: NodeImages;
  stopTimes: StopTimes;
  subjects: Subjects;
  moves: Moves;
  changed(): void;
  failed(error: unknown): void;
  now(): number;
  clock(): number;
}

/** A failed step is tried again after at most this many ms: a missing precondition may be met again. */
const longestStepRetry = 30_000;

export class NodePass {
  readonly #options: NodePassOptions;
  readonly #leases: LeaseRecord;
  readonly #imageRetries = new Retries();
  readonly #stepRetries = new Retries(longestStepRetry);
  #strangers = '';
  #routers: ReadonlySet<string> = new Set();

  constructor(options: NodePassOptions) {
    this.#options = options;
    this.#leases = new LeaseRecord(options);
  }

  /** Whether the last pass found the slice's router on this node and as planned. */
  hasRouter(sliceId: string): boolean {
    return this.#routers.has(sliceId);
  }

  /**
   * True where the next pass is to come soon, for guests that boot. Rejects with NodeFailure where the node fails; other rejections come
   * from the store.
   */
  async reconcile(node: Node, { host, layout, hypervisor, network }: NodeConnection, observed: NodeObservation): Promise<boolean> {
    const { store, images, stopTimes, clock, now } = this.#options;
    const {
      wanted,
      vms: rows,
      routed,
      leaving,
      sliceNames,
      unreadable,
    } = await this.#options.reading.run(() => store.placement.onNode(node.id, routersIn(observed)));
    const plan = planNode({
      wanted,
      observed,
      ...(await byNode(runningLaunches({ host, hypervisor }, wanted.vms, observed.vms))),
      can: hypervisor.can,
      busy: this.#options.subjects.touched.union(unreadable),
      postponedImages: this.#imageRetries.postponed(now()),
      ...this.#options.moves.look(wanted.vms, now()),
      now: now(),
    });
    const settledVms = differences(rows, plan.observations);
    await store.vms.observe(settledVms);
    for (const { slice, name, kind, message } of vmNews(rows, settledVms)) {
      this.#options.journal.record({ kind, node: node.config.name, slice, vm: name, message, data: { reason: message } });
    }
    const settledRouters = this.#recordRouters(wanted.routers, plan.steps);
    const { addressed, expectant } = await this.#leases.record(wanted.routers, routed, observed.network.routers);
    for (const id of plan.forget) await store.vms.forget(id);
    await store.placement.clearLeftovers(node.id, clearedLeftovers(wanted, observed));
    await this.#releaseRouters(node, observed, leaving);
    this.#reportStrangers(node, plan.strangers);
    const recorder = this.#recorder(node, sliceNames);
    const { openBerth } = this.#options.moves;
    const context = { host, layout, hypervisor, network, images, stopTimes, clock, openBerth, progress: recorder };
    const postponed = this.#stepRetries.postponed(now());
    // Between the plan and this point, the transfer of a VM may have begun.
    const steps = plan.steps.filter((step) => !this.#options.subjects.touched.has(subjectOf(step)) && !postponed.has(keyOf(step)));
    if (this.#options.subjects.closed) return false;
    const running = execute(context, steps);
    for (const [subject, step] of running) {
      this.#options.subjects.occupy(
        subject,
        step.then(() => recorder.settled()),
      );
    }
    if (running.size > 0 || settledVms.length > 0 || settledRouters || plan.forget.length > 0 || addressed) this.#options.changed();
    return expectant;
  }

  /** True where the set of routers that are as planned has changed. */
  #recordRouters(wanted: readonly RouterPlan[], steps: readonly Step[]): boolean {
    const unsettled = new Set([...steps.map(subjectOf), ...this.#options.subjects.allBusy()]);
    const before = this.#routers;
    this.#routers = new Set(wanted.map(({ sliceId }) => sliceId).filter((sliceId) => !unsettled.has(`router:${sliceId}`)));
    return this.#routers.symmetricDifference(before).size > 0;
  }

  #recorder(node: Node, sliceNames: ReadonlyMap<string, string>): Recorder {
    const { store, journal, now, failed } = this.#options;
    return new Recorder({
      node: node.config.name,
      vms: store.vms,
      journal,
      imageRetries: this.#imageRetries,
      stepRetries: this.#stepRetries,
      moves: this.#options.moves,
      now,
      failed,
      sliceName: (id) => sliceNames.get(id) ?? id,
    });
  }

  /** The router of a slice that is being removed gives up its place once nothing of the slice is on the node. */
  async #releaseRouters(node: Node, observed: NodeObservation, leaving: readonly string[]): Promise<void> {
    const { store } = this.#options;
    const present = new Set(routersIn(observed));
    const gone = leaving.filter((id) => !present.has(id) && !this.#options.subjects.busy(`router:${id}`));
    if (gone.length === 0) return;
    await store.placement.commit(
      gone.map((id) => ({ kind: 'router', id, from: node.id, nodeId: null, reason: 'the slice is being removed' })),
    );
    this.#options.changed();
  }

  #reportStrangers(node: Node, strangers: readonly string[]): void {
    const now = strangers.join(', ');
    if (now === this.#strangers) return;
    this.#strangers = now;
    if (now === '') return;
    const message = `VMs of this controller that it has no record of, left as they are: ${now}`;
    this.#options.journal.record({ kind: 'node.strangers', node: node.config.name, message, data: { vms: [...strangers] } });
  }
}

/** The slices whose routers are on the node. */
function routersIn({ network }: NodeObservation): string[] {
  return network.routers.map(({ sliceId }) => sliceId);
}

/** The leftovers that are no longer on the node, and to which no transfer is in progress. */
function clearedLeftovers({ leftovers, arriving }: WantedOnNode, { vms, arrivals }: NodeObservation): string[] {
  const present = new Set([...vms.map(({ id }) => id), ...arrivals, ...arriving]);
  return leftovers.filter((id) => !present.has(id));
}
