/** The worker of one node: its loop of passes, its connection, and exclusive access to its VMs. */
import { perform } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { Node, NodeConfig, NodeSpecs } from '../../model/node/node.ts';
import type { NodeObservation } from '../../reconciler/plan.ts';
import { Loop } from '../loop.ts';
import { bound, type Connected, type NodeConnection } from './connection.ts';
import { Moves, type Reception } from './moves.ts';
import { byNode, NodeFailure } from './node-failure.ts';
import { NodePass } from './pass.ts';
import { NodeStatusRecord } from './status.ts';
import { Subjects } from './subjects.ts';
import type { NodeWorkerOptions } from './worker-options.ts';

/** While guests boot or get NICs, passes come this often, in ms. */
const leaseInterval = 2_000;
/** A pass that failed because of the store is tried again after this many ms. */
const storeRetry = 2_000;
/** VMs that may arrive at the same time: each takes one of the programs that a connection can run in parallel. */
const mostReceptions = 3;

export class NodeWorker {
  readonly #options: NodeWorkerOptions;
  readonly #loop: Loop;
  readonly #subjects = new Subjects(() => this.wake());
  readonly #moves: Moves;
  readonly #reconciliation: NodePass;
  #receptions = 0;
  readonly #status: NodeStatusRecord;
  #connection: Connected | null = null;
  #stopped = false;
  #watch: AsyncDisposable | null = null;
  #specs: NodeSpecs | null = null;

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
    this.#reconciliation = new NodePass({ ...options, subjects: this.#subjects, moves: this.#moves });
    this.#loop = new Loop({
      pass: () => this.#pass(),
      failed: (error) => {
        options.failed(error);
        return Math.min(storeRetry, options.interval);
      },
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  /** See NodePass. */
  hasRouter(sliceId: string): boolean {
    return this.#reconciliation.hasRouter(sliceId);
  }

  /**
   * The connection to the node, for consoles and commands; connects where there is none yet. Rejects with `node.unreachable` once the
   * worker has ended.
   */
  async connection(): Promise<NodeConnection> {
    if (this.#connection !== null) return this.#connection;
    const node = await this.#node();
    const { connect, hypervisorOf, networkOf } = this.#options;
    if (this.#stopped)
      throw new CroftError('node.unreachable', `Node ${node.config.name} is no longer worked on.`, { node: node.config.name });
    // Another caller may have connected meanwhile, and only one of two connections would ever be ended.
    this.#connection ??= bound(connect(node), { hypervisor: hypervisorOf(node.config), network: networkOf(node) });
    return this.#connection;
  }

  /**
   * This node as the target of a VM's files. Until that is disposed of, no pass touches the VM here, and no pass decides from an earlier
   * observation of the VM. Null while the node works on the VM itself, or receives as many other VMs as it can; rejects with `node.*`.
   */
  async receive(vmId: string): Promise<Reception | null> {
    const subject = `vm:${vmId}`;
    if (this.#subjects.busy(subject) || this.#receptions >= mostReceptions) return null;
    this.#receptions += 1;
    const release = this.#subjects.hold(subject, () => {
      this.#receptions -= 1;
    });
    try {
      const { host, layout, hypervisor } = await this.connection();
      if (this.#specs === null) throw new CroftError('node.unreachable', `Node ${host.name} is not ready.`, { node: host.name });
      return { host, layout, hypervisor, [Symbol.asyncDispose]: async () => release() };
    } catch (thrown) {
      release();
      throw thrown;
    }
  }

  /**
   * Works on a VM that no step works on; passes leave the VM alone meanwhile. Rejects with `conflict.in-use` where a step works on the
   * VM, with `node.unreachable` where the node is not ready.
   */
  async exclusively<T>(vmId: string, work: (connection: NodeConnection) => Promise<T>): Promise<T> {
    const connection = await this.connection();
    const subject = `vm:${vmId}`;
    const { name } = connection.host;
    if (this.#specs === null) throw new CroftError('node.unreachable', `Node ${name} is not ready.`, { node: name });
    if (this.#subjects.busy(subject)) {
      throw new CroftError('conflict.in-use', `the VM is being worked on by node ${name}`, { hint: 'Try again in a moment.', node: name });
    }
    const release = this.#subjects.hold(subject);
    try {
      return await work(connection);
    } finally {
      release();
    }
  }

  /** Ends the passes and the connection. Steps in progress are interrupted; the next controller's passes finish them. */
  async stop(): Promise<void> {
    this.#subjects.close();
    this.#moves.callOff();
    await this.#loop.stop();
    this.#stopped = true;
    if (this.#connection !== null) this.#options.images.giveUp(this.#connection.host, this.#connection.layout);
    const unwatched = this.#watch?.[Symbol.asyncDispose]();
    await this.#connection?.host.end();
    await unwatched;
    await this.#subjects.idle();
  }

  async #node(): Promise<Node> {
    const node = await this.#options.store.nodes.byId(this.#options.nodeId);
    if (node === null) throw new Error(`node ${this.#options.nodeId} was removed`);
    return node;
  }

  /** Inspects the node where its properties are not known any more; the drivers are bound to the result. */
  async #inspected(config: NodeConfig): Promise<NodeSpecs> {
    if (this.#specs !== null) return this.#specs;
    const { host, layout } = await this.connection();
    const specs = await this.#options.inspection.inspect(host, layout, config);
    this.#specs = specs;
    if (this.#connection !== null) this.#connection = bound(this.#connection, this.#connection.drivers, specs);
    return specs;
  }

  /** A failure of the store is thrown: it says nothing about the node, whose status stays as it is. */
  async #pass(): Promise<number> {
    const node = await this.#options.reading.run(() => this.#node());
    await this.connection();
    const start = this.#options.clock();
    try {
      const seen = await byNode(this.#look(node.config));
      if (seen === null) return 0;
      const { specs, observed } = seen;
      await this.#status.ready(node, specs, observed.images);
      const expectant = await this.#reconciliation.reconcile(node, await this.connection(), observed);
      this.#options.passed(node.config.name, (this.#options.clock() - start) / 1000);
      return expectant ? Math.min(leaseInterval, this.#options.interval) : this.#options.interval;
    } catch (thrown) {
      if (!(thrown instanceof NodeFailure)) throw thrown;
      this.#specs = null;
      return await this.#status.failed(node, thrown.cause);
    }
  }

  /** Observes the node in one round trip; null where it has booted since it was inspected. */
  async #look(config: NodeConfig): Promise<{ specs: NodeSpecs; observed: NodeObservation } | null> {
    const { images, inspection } = this.#options;
    const known = await this.#inspected(config);
    const { host, layout, hypervisor, network } = await this.connection();
    this.#subjects.beginPass();
    const [vms, arrivals, networkHere, imagesHere, vitals] = await perform(
      host,
      hypervisor.observe(),
      hypervisor.arrivals(),
      network.observe(),
      images.observe(host, layout),
      inspection.vitals(layout),
    );
    if (vitals.bootId !== known.bootId) {
      this.#specs = null;
      return null;
    }
    const specs = { ...known, ...vitals };
    this.#specs = specs;
    if (hypervisor.can.has('events')) this.#watch ??= hypervisor.watch(({ vmId }) => this.#heardOf(vmId));
    return { specs, observed: { vms, network: networkHere, images: imagesHere, arrivals } };
  }

  /** The effect of a step on its VM is reported too: the pass that follows the step sees it. */
  #heardOf(vmId: string): void {
    if (!this.#subjects.busy(`vm:${vmId}`)) this.wake();
  }
}
