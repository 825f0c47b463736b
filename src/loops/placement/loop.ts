/** The loop that places VMs and routers, ends tasks and sweeps removed slices; woken by every change of the desired state. */
import type { Assignment } from '../../model/placement/assignment.ts';
import type { PlacementPolicy } from '../../model/placement/placement.ts';
import type { Task } from '../../model/task.ts';
import { schedule } from '../../scheduler/schedule.ts';
import type { OpenVm, OpenWork, SliceState, Store } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import { Loop } from '../loop.ts';
import type { Fleet } from '../node/fleet.ts';
import { concernedNodes } from './concerned-nodes.ts';
import { drainOutcome } from './drain-outcome.ts';
import { placementNews } from './news.ts';
import { type TaskOutcome, taskOutcome } from './task-outcome.ts';

export interface PlacementLoopOptions {
  store: Store;
  fleet: Fleet;
  journal: Journal;
  interval: number;
  routerGrace: number;
  /** The default for slices that do not say otherwise. */
  policy: PlacementPolicy;
  now(): number;
  failed(error: unknown): void;
}

/** A commit that refuses decisions made them stale; the next round decides again. After this many rounds, the rest waits for the timer. */
const rounds = 5;

export class PlacementLoop {
  readonly #options: PlacementLoopOptions;
  readonly #loop: Loop;
  /** VMs without addresses as of the last pass. */
  #awaited: ReadonlySet<string> = new Set();
  #asked = false;
  /** Slice → its generation when the nodes that it concerns were woken. */
  #told: ReadonlyMap<string, number> = new Map();

  constructor(options: PlacementLoopOptions) {
    this.#options = options;
    this.#loop = new Loop({
      rest: 4,
      pass: async () => {
        await this.#pass();
        return options.interval;
      },
      failed: (error) => {
        options.failed(error);
        return options.interval;
      },
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  /** The desired state was changed: the nodes concerned are woken too. */
  wakeConcerned(): void {
    this.#asked = true;
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #pass(): Promise<void> {
    const { store, fleet } = this.#options;
    // Before the state that they are judged by: a task that is newer than that would seem to have no slice, or to be done already.
    const tasks = await store.tasks.running();
    let open = await store.placement.open();
    await fleet.keep(open.nodes);
    if (open.undecided) {
      for (let round = 0; round < rounds && (await this.#place()); round += 1);
      open = await store.placement.open();
    }
    this.#wakeRouters(open);
    if (this.#asked) this.#wakeNodes(open);
    const swept = await this.#sweep(open);
    await this.#endTasks(tasks, { ...open, slices: open.slices.filter(({ id }) => !swept.has(id)) });
  }

  /** True where some decisions were refused. */
  async #place(): Promise<boolean> {
    const { store, fleet, journal, now, routerGrace, policy } = this.#options;
    const snapshot = await store.placement.snapshot();
    const { assignments, cursor } = schedule(snapshot, { now: now(), routerGrace, policy });
    if (assignments.length === 0) return false;
    const { refused } = await store.placement.commit(assignments, cursor);
    for (const event of placementNews(assignments, snapshot, new Set(refused))) journal.record(event);
    for (const nodeId of nodesOf(assignments)) fleet.worker(nodeId)?.wake();
    return refused.length > 0;
  }

  #wakeNodes({ vms, slices }: OpenWork): void {
    this.#asked = false;
    for (const nodeId of concernedNodes(vms, slices, this.#told)) this.#options.fleet.worker(nodeId)?.wake();
    this.#told = new Map(slices.map(({ id, generation }) => [id, generation]));
  }

  /** Leases are seen where a slice's router is, which may be another node than the one that has just started a VM. */
  #wakeRouters({ awaited, slices }: OpenWork): void {
    const fresh = new Set(awaited.filter(({ id }) => !this.#awaited.has(id)).map(({ sliceId }) => sliceId));
    this.#awaited = new Set(awaited.map(({ id }) => id));
    for (const { id, routerNodeId } of slices) {
      if (routerNodeId !== null && fresh.has(id)) this.#options.fleet.worker(routerNodeId)?.wake();
    }
  }

  /** Resolves with the slices that are gone now: waiters for that do not wait for the next pass. */
  async #sweep({ vms, slices }: OpenWork): Promise<Set<string>> {
    const { store, journal } = this.#options;
    const gone = new Set<string>();
    for (const vm of vms) if (vm.desired === 'absent' && vm.nodeId === null) await store.vms.forget(vm.id);
    for (const slice of slices) {
      if (slice.desired !== 'absent') continue;
      if (!(await store.slices.sweep(slice.id))) continue;
      gone.add(slice.id);
      journal.record({ kind: 'slice.removed', slice: slice.name, message: 'nothing of it is left' });
    }
    return gone;
  }

  async #endTasks(tasks: readonly Task[], open: OpenWork): Promise<void> {
    const { store, journal } = this.#options;
    const slices = new Map(open.slices.map((slice) => [slice.name, slice]));
    const vms = Map.groupBy(open.vms, ({ sliceId }) => sliceId);
    for (const task of tasks) {
      const slice = slices.get(task.subject) ?? null;
      const outcome =
        task.kind === 'node.drain'
          ? await this.#drainOutcome(task.subject)
          : await this.#sliceOutcome(task, slice, vms.get(slice?.id ?? '') ?? []);
      if (outcome === null) continue;
      await journal.flush();
      await store.tasks.end(task.id, outcome.state, outcome.message);
      journal.announce();
    }
  }

  /** `open` are the slice's VMs with work left to do. */
  async #sliceOutcome(task: Task, slice: SliceState | null, open: readonly OpenVm[]): Promise<TaskOutcome | null> {
    const { store, fleet } = this.#options;
    const named =
      task.vm === null || slice === null ? [] : (await store.vms.list({ slice: slice.name })).filter(({ name }) => name === task.vm);
    return taskOutcome(task, slice, task.vm === null ? open : named, slice !== null && routerReady(slice, fleet));
  }

  async #drainOutcome(name: string): Promise<TaskOutcome | null> {
    const { store } = this.#options;
    const [nodes, vms, slices] = await Promise.all([store.nodes.list(), store.vms.outlines(), store.slices.list()]);
    return drainOutcome({ name, nodes, vms, slices });
  }
}

/** Nodes that gain or lose an assignment. */
function nodesOf(assignments: readonly Assignment[]): Set<string> {
  const ids = assignments.flatMap((one) => [one.nodeId, one.from, one.kind === 'move' ? one.instead : null]);
  return new Set(ids.filter((id) => id !== null));
}

function routerReady(slice: SliceState, fleet: Fleet): boolean {
  if (!slice.routed) return true;
  return slice.routerNodeId !== null && (fleet.worker(slice.routerNodeId)?.hasRouter(slice.id) ?? false);
}
