/** The loop of one node: observe it in one round trip, record what was seen, plan, and start the steps. */
import type { HypervisorDriver, NodeAbilities, NodeHypervisor, NodeLayout, NodeReach, StopTimes } from '../../drivers/hypervisor/driver.ts';
import type { NetworkDriver } from '../../drivers/network/driver.ts';
import { type Call, type Host, perform } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { Node, NodeConfig, NodeSpecs } from '../../model/node/node.ts';
import type { RouterPlan, WantedOnNode } from '../../model/node/plan.ts';
import type { Vm } from '../../model/vm/vm.ts';
import type { ImageDelivery } from '../../reconciler/context.ts';
import { execute } from '../../reconciler/execute.ts';
import { type NodeObservation, planNode } from '../../reconciler/plan.ts';
import { keyOf, type Step, subjectOf } from '../../reconciler/steps.ts';
import type { Store } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import { Loop } from '../loop.ts';
import type { Turns } from '../turns.ts';
import { LeaseWatch } from './lease-watch.ts';
import { Moves, type Reception } from './moves.ts';
import { Recorder } from './recorder.ts';
import { Retries } from './retries.ts';
import { runningLaunches } from './running-launches.ts';
import { differences, NodeStatusRecord } from './status.ts';
import { vmNews } from './vm-news.ts';

/** The part of a node's specs that changes by itself. */
export type NodeVitals = Pick<NodeSpecs, 'bootId' | 'memory' | 'memoryAvailable' | 'disk' | 'diskFree' | 'load'>;

/** Looks at a node; rejects with `node.*` where it cannot be reached or used. */
export interface NodeInspection {
  /** Everything, and makes the node ready to be worked on. */
  inspect(host: Host, layout: NodeLayout, config: NodeConfig): Promise<NodeSpecs>;
  /** What is read again in each pass, together with the drivers' observations. */
  vitals(layout: NodeLayout): Call<NodeVitals>;
}

/** Images on nodes, as a worker sees them. */
export interface NodeImages extends ImageDelivery {
  /** The sha256 of each image on the node, sorted. */
  observe(host: Host, layout: NodeLayout): Call<string[]>;
  /** Ends what is on its way to the node: those calls of `ensure` reject. */
  giveUp(host: Host, layout: NodeLayout): void;
}

export interface NodeWorkerOptions {
  nodeId: string;
  store: Store;
  /** Shared by all workers: so the store has time for what people ask, however many nodes look into it. */
  turns: Turns;
  journal: Journal;
  hypervisorOf(config: NodeConfig): HypervisorDriver;
  networkOf(node: Node): NetworkDriver;
  images: NodeImages;
  inspection: NodeInspection;
  stopTimes: StopTimes;
  /** ms between passes that nothing asked for. */
  interval: number;
  connect(node: Node): { host: Host; layout: NodeLayout };
  /** See `NodeWorker.receive`, of the worker of another node. */
  receiveOn(nodeId: string, vmId: string): Promise<Reception | null>;
  /** Called after each pass in which something changed. */
  changed(): void;
  /** A pass over a node that could be reached has ended. */
  passed(node: string, seconds: number): void;
  /** A defect or a failing store; to be logged. */
  failed(error: unknown): void;
  now(): number;
  clock(): number;
}

/** While guests boot or get NICs, passes come this often, in ms, for so long after it. */
const leaseInterval = 2_000;
const leaseTime = 120_000;
/** A step that failed is tried again after so many ms at the latest: what it needs may be there again. */
const longestStepRetry = 30_000;
/** VMs that arrive at one time: each takes one of the programs that a connection can run side by side. */
const mostReceptions = 3;

/** A node as it is worked on. */
export interface NodeConnection extends NodeReach {
  hypervisor: NodeHypervisor;
  network: NetworkDriver;
}

interface Connected extends NodeConnection {
  driver: HypervisorDriver;
}

function bound({ host, layout }: NodeReach, driver: HypervisorDriver, network: NetworkDriver, specs: NodeSpecs | null = null): Connected {
  const node = { host, layout, ...(specs !== null && { abilities: abilitiesOf(specs) }) };
  return { host, layout, driver, hypervisor: driver.on(node), network };
}

export class NodeWorker {
  readonly #options: NodeWorkerOptions;
  readonly #loop: Loop;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #leases = new LeaseWatch();
  readonly #imageRetries = new Retries();
  readonly #changeRetries = new Retries();
  readonly #stepRetries = new Retries(longestStepRetry);
  readonly #moves: Moves;
  /** What was worked on at any time since the present pass began: what the pass saw of it may not hold any more. */
  #touched = new Set<string>();
  #receptions = 0;
  readonly #status: NodeStatusRecord;
  #connection: Connected | null = null;
  #stopped = false;
  #watch: AsyncDisposable | null = null;
  #specs: NodeSpecs | null = null;
  #strangers = '';
  #routers: ReadonlySet<string> = new Set();

  constructor(options: NodeWorkerOptions) {
    this.#options = options;
    this.#status = new NodeStatusRecord(options);
    this.#moves = new Moves({
      receive: options.receiveOn,
      complete: async (vmId, to) => {
        const moved = await options.store.placement.completeMove(vmId, options.nodeId, to);
        if (moved) options.changed();
        return moved;
      },
    });
    this.#loop = new Loop({
      pass: () => this.#pass(),
      failed: (error) => {
        options.failed(error);
        return options.interval;
      },
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Whether the last pass found the slice's router here and as planned. */
  hasRouter(sliceId: string): boolean {
    return this.#routers.has(sliceId);
  }

  /** What reaches the node, for consoles and commands; connects where that was not done yet. Rejects with `node.unreachable` once the worker has ended. */
  async connection(): Promise<NodeConnection> {
    if (this.#connection !== null) return this.#connection;
    const node = await this.#node();
    const { connect, hypervisorOf, networkOf } = this.#options;
    if (this.#stopped)
      throw new CroftError('node.unreachable', `Node ${node.config.name} is no longer worked on.`, { node: node.config.name });
    // Somebody else may have asked meanwhile, and only one of two connections would ever be ended.
    this.#connection ??= bound(connect(node), hypervisorOf(node.config), networkOf(node));
    return this.#connection;
  }

  /**
   * The node as who brings a VM's files reaches it. Until that is disposed of, no pass touches the VM here, and none decides by
   * what it saw of it before. Null while the node works on the VM itself, or on as many others as it can; rejects with `node.*`.
   */
  async receive(vmId: string): Promise<Reception | null> {
    const subject = `vm:${vmId}`;
    if (this.#busy.has(subject) || this.#receptions >= mostReceptions) return null;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#receptions += 1;
    this.#occupy(
      subject,
      promise.finally(() => {
        this.#receptions -= 1;
      }),
    );
    try {
      const { host, layout, hypervisor } = await this.connection();
      if (this.#specs === null) throw new CroftError('node.unreachable', `Node ${host.name} is not ready.`, { node: host.name });
      return { host, layout, hypervisor, [Symbol.asyncDispose]: async () => resolve() };
    } catch (thrown) {
      resolve();
      throw thrown;
    }
  }

  /**
   * Works on a VM that no step works on; passes leave it alone meanwhile. Rejects with `conflict.in-use` where one does, with
   * `node.unreachable` where the node is not ready.
   */
  async exclusively<T>(vmId: string, work: (connection: NodeConnection) => Promise<T>): Promise<T> {
    const connection = await this.connection();
    const subject = `vm:${vmId}`;
    const { name } = connection.host;
    if (this.#specs === null) throw new CroftError('node.unreachable', `Node ${name} is not ready.`, { node: name });
    if (this.#busy.has(subject)) {
      throw new CroftError('conflict.in-use', `the VM is being worked on by node ${name}`, { hint: 'Try again in a moment.', node: name });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#occupy(subject, promise);
    try {
      return await work(connection);
    } finally {
      resolve();
    }
  }

  /** Ends the passes and the connection. Steps under way are cut off; the next controller's passes finish them. */
  async stop(): Promise<void> {
    this.#moves.callOff();
    await this.#loop.stop();
    this.#stopped = true;
    if (this.#connection !== null) this.#options.images.giveUp(this.#connection.host, this.#connection.layout);
    const unwatched = this.#watch?.[Symbol.asyncDispose]();
    await this.#connection?.host.end();
    await unwatched;
    await Promise.all(this.#busy.values());
  }

  async #node(): Promise<Node> {
    const node = await this.#options.store.nodes.byId(this.#options.nodeId);
    if (node === null) throw new Error(`node ${this.#options.nodeId} was removed`);
    return node;
  }

  /** Looks at the node where that is not known any more; the drivers are bound to what was seen. */
  async #inspected(config: NodeConfig): Promise<NodeSpecs> {
    if (this.#specs !== null) return this.#specs;
    const { host, layout } = await this.connection();
    const specs = await this.#options.inspection.inspect(host, layout, config);
    this.#specs = specs;
    if (this.#connection !== null) this.#connection = bound(this.#connection, this.#connection.driver, this.#connection.network, specs);
    return specs;
  }

  async #pass(): Promise<number> {
    const node = await this.#options.turns.take(() => this.#node());
    const { host, layout } = await this.connection();
    const start = this.#options.clock();
    try {
      const specs = await this.#inspected(node.config);
      const { hypervisor, network } = await this.connection();
      this.#touched = new Set(this.#busy.keys());
      const { images, inspection } = this.#options;
      const [vms, arrivals, networks, imagesHere, vitals] = await perform(
        host,
        hypervisor.observe(),
        hypervisor.arrivals(),
        network.observe(layout),
        images.observe(host, layout),
        inspection.vitals(layout),
      );
      if (vitals.bootId !== specs.bootId) {
        this.#specs = null;
        return 0;
      }
      this.#specs = { ...specs, ...vitals };
      await this.#status.ready(node, this.#specs, imagesHere);
      if (hypervisor.can.has('events')) this.#watch ??= hypervisor.watch(({ vmId }) => this.#heardOf(vmId));
      const expectant = await this.#reconcile(node, await this.connection(), abilitiesOf(this.#specs), {
        vms,
        network: networks,
        images: imagesHere,
        arrivals,
      });
      this.#options.passed(node.config.name, (this.#options.clock() - start) / 1000);
      return expectant ? Math.min(leaseInterval, this.#options.interval) : this.#options.interval;
    } catch (thrown) {
      this.#specs = null;
      return await this.#status.failed(node, thrown);
    }
  }

  async #reconcile(
    node: Node,
    { host, layout, hypervisor, network }: NodeConnection,
    abilities: NodeAbilities,
    observed: NodeObservation,
  ): Promise<boolean> {
    const { store, images, stopTimes, clock, now } = this.#options;
    const {
      wanted,
      vms: rows,
      routed,
      leaving,
      sliceNames,
    } = await this.#options.turns.take(() => store.placement.onNode(node.id, routersIn(observed)));
    const plan = planNode({
      wanted,
      observed,
      ...(await runningLaunches({ host, hypervisor }, wanted.vms, observed.vms)),
      can: hypervisor.can,
      busy: this.#touched,
      postponedImages: this.#imageRetries.postponed(now()),
      ...this.#moves.look(wanted.vms, now()),
      now: now(),
    });
    const settledVms = differences(rows, plan.observations);
    await store.vms.observe(settledVms);
    for (const { slice, name, kind, message } of vmNews(rows, settledVms)) {
      this.#options.journal.record({ kind, node: node.config.name, slice, vm: name, message });
    }
    const settledRouters = this.#recordRouters(wanted.routers, plan.steps);
    const { addressed, expectant } = await this.#recordLeases(wanted.routers, routed, observed);
    for (const id of plan.forget) await store.vms.forget(id);
    await store.placement.clearLeftovers(node.id, clearedLeftovers(wanted, observed));
    await this.#releaseRouters(node, observed, leaving);
    this.#reportStrangers(node, plan.strangers);
    const recorder = this.#recorder(node, sliceNames);
    const { openBerth } = this.#moves;
    const context = { host, layout, abilities, hypervisor, network, images, stopTimes, clock, openBerth, progress: recorder };
    const postponed = this.#stepRetries.postponed(now());
    // Between plan and here a VM may have begun to arrive.
    const steps = plan.steps.filter((step) => !this.#touched.has(subjectOf(step)) && !postponed.has(keyOf(step)));
    const running = execute(context, steps);
    for (const [subject, step] of running) {
      this.#occupy(
        subject,
        step.then(() => recorder.settled()),
      );
    }
    if (running.size > 0 || settledVms.length > 0 || settledRouters || plan.forget.length > 0 || addressed) this.#options.changed();
    return expectant;
  }

  /** True where another set of routers than before is as planned. */
  #recordRouters(wanted: readonly RouterPlan[], steps: readonly Step[]): boolean {
    const unsettled = new Set([...steps.map(subjectOf), ...this.#busy.keys()]);
    const before = this.#routers;
    this.#routers = new Set(wanted.map(({ sliceId }) => sliceId).filter((sliceId) => !unsettled.has(`router:${sliceId}`)));
    return this.#routers.symmetricDifference(before).size > 0;
  }

  /** What a step does to its VM is heard of too: the pass that follows the step sees it. */
  #heardOf(vmId: string): void {
    if (!this.#busy.has(`vm:${vmId}`)) this.wake();
  }

  /** The subject is left alone until the work on it has ended. */
  #occupy(subject: string, work: Promise<void>): void {
    const ended = work.finally(() => {
      this.#busy.delete(subject);
      this.wake();
    });
    this.#busy.set(subject, ended);
    this.#touched.add(subject);
  }

  #recorder(node: Node, sliceNames: ReadonlyMap<string, string>): Recorder {
    const { store, journal, now, failed } = this.#options;
    return new Recorder({
      node: node.config.name,
      vms: store.vms,
      journal,
      imageRetries: this.#imageRetries,
      changeRetries: this.#changeRetries,
      stepRetries: this.#stepRetries,
      moves: this.#moves,
      now,
      failed,
      sliceName: (id) => sliceNames.get(id) ?? id,
    });
  }

  /**
   * A VM is addressed once each of its NICs has taken its lease. `addressed`: that became so for one;
   * `expectant`: one has begun lately to wait for leases from a router here, so the next pass comes soon.
   */
  async #recordLeases(
    plans: readonly RouterPlan[],
    vms: readonly Vm[],
    { network: { routers } }: NodeObservation,
  ): Promise<{ addressed: boolean; expectant: boolean }> {
    if (plans.length === 0) return { addressed: false, expectant: false };
    const { store, journal, now } = this.#options;
    const { waiting, addressed } = this.#leases.look(plans, routers, vms, now());
    await store.vms.observe(addressed.map(({ id }) => ({ id, observed: { addressed: true } })));
    for (const vm of addressed) {
      const message = `has ${vm.nics.map(({ name, address }) => `${name} ${address}`).join(', ')}`;
      journal.record({ kind: 'vm.addressed', slice: vm.slice, vm: vm.name, message });
    }
    const expectant = waiting.some(({ since }) => now() - since < leaseTime);
    return { addressed: addressed.length > 0, expectant };
  }

  /** The router of a slice that is being removed gives its place up once nothing of it is on the node. */
  async #releaseRouters(node: Node, observed: NodeObservation, leaving: readonly string[]): Promise<void> {
    const { store } = this.#options;
    const present = new Set(routersIn(observed));
    const gone = leaving.filter((id) => !present.has(id) && !this.#busy.has(`router:${id}`));
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
    this.#options.journal.record({ kind: 'node.strangers', node: node.config.name, message });
  }
}

/** The slices of which it has routers. */
function routersIn({ network }: NodeObservation): string[] {
  return network.routers.map(({ sliceId }) => sliceId);
}

/** Those leftovers of which the node has nothing, and to which nothing is coming. */
function clearedLeftovers({ leftovers, arriving }: WantedOnNode, { vms, arrivals }: NodeObservation): string[] {
  const present = new Set([...vms.map(({ id }) => id), ...arrivals, ...arriving]);
  return leftovers.filter((id) => !present.has(id));
}

function abilitiesOf({ accelerator, architecture, datapath }: NodeSpecs): NodeAbilities {
  return { accelerator, architecture, datapath: datapath ?? 'netdev' };
}
