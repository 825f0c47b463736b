/** How each operation of the noop driver is carried out: with its delay, its faults, and its events to watchers. */
import type { Call, Host } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { unsupported } from '../../../model/vm/unsupported.ts';
import type { Capability, DriverEvent, NodeLayout, VmReference } from '../driver.ts';
import { FaultJudge, type NoopFaults, type NoopOperation } from './faults.ts';
import { type NoopVm, type NoopWorld, nodeOf, runs } from './world.ts';

export interface ActsOptions {
  world: NoopWorld;
  faults: NoopFaults;
  can: ReadonlySet<Capability>;
  sleep: ((time: number) => Promise<unknown>) | undefined;
}

export interface Act {
  operation: NoopOperation;
  vm: VmReference;
  /** The partial effect where the operation fails halfway. */
  half?: () => void;
}

export class NoopActs {
  readonly #options: ActsOptions;
  readonly #judge: FaultJudge;
  readonly #failures = new Map<string, CroftError>();
  readonly #holds = new Map<string, Promise<unknown>>();

  constructor(options: ActsOptions) {
    this.#options = options;
    this.#judge = new FaultJudge(options.faults);
  }

  failNext(operation: NoopOperation, vmId: string, error: CroftError): void {
    this.#failures.set(`${operation} ${vmId}`, error);
  }

  hold(operation: NoopOperation, vmId: string, until: Promise<unknown>): void {
    this.#holds.set(`${operation} ${vmId}`, until);
  }

  /** The effect is atomic: no other code runs meanwhile. */
  async act<T>({ operation, vm: { id, label }, half }: Act, effect: () => T): Promise<T> {
    const key = `${operation} ${id}`;
    const names = [label, id];
    await this.#holds.get(key);
    const failure = this.#failures.get(key);
    this.#failures.delete(key);
    if (failure !== undefined) throw failure;
    return await this.#carryOut(operation, names, effect, half);
  }

  /** Operations on a whole node. */
  async onNode(operation: NoopOperation, { name }: Host, effect: () => void): Promise<void> {
    await this.#carryOut(operation, [name], effect, undefined);
  }

  /** Reads that are part of a batch; the delay is the host's. */
  call<T>(operation: NoopOperation, { stateFolder }: NodeLayout, read: () => T): Call<T> {
    const parse = (): T => {
      const fault = this.#judge.judge(operation, [stateFolder]);
      if (fault !== null) throw fault.error;
      return read();
    };
    return { command: { argv: ['true'] }, parse };
  }

  find(layout: NodeLayout, vmId: string): NoopVm | undefined {
    return nodeOf(this.#options.world, layout).vms.get(vmId);
  }

  /** Rejects with `vm.not-running`. */
  running(layout: NodeLayout, { id, label }: VmReference): NoopVm {
    const vm = this.find(layout, id);
    if (!runs(vm)) throw new CroftError('vm.not-running', `VM ${label} is not running`, { hint: 'Start it first.' });
    return vm;
  }

  /** Rejects with `vm.launch`. */
  prepared(layout: NodeLayout, { id, label }: VmReference): NoopVm {
    const vm = this.find(layout, id);
    if (vm === undefined || vm.seen.state === 'preparing') {
      throw new CroftError('vm.launch', `${label} could not be started: it has no disk`, { hint: 'Prepare it first.' });
    }
    return vm;
  }

  can(capability: Capability): boolean {
    return this.#options.can.has(capability);
  }

  demand(capability: Capability): void {
    if (!this.can(capability)) throw unsupported('noop', capability);
  }

  tell({ stateFolder }: Pick<NodeLayout, 'stateFolder'>, vmId: string, kind: DriverEvent['kind']): void {
    const node = this.#options.world.nodes.get(stateFolder);
    if (node === undefined || node.listeners.size === 0 || this.#judge.losesEvent(vmId)) return;
    for (const listener of node.listeners) listener({ vmId, kind });
  }

  async #carryOut<T>(operation: NoopOperation, names: readonly string[], effect: () => T, half: (() => void) | undefined): Promise<T> {
    const fault = this.#judge.judge(operation, names);
    const delay = this.#judge.delay(operation);
    if (delay > 0) await this.#options.sleep?.(delay);
    if (fault?.place === 'halfway') half?.();
    if (fault !== null && fault.place !== 'after') throw fault.error;
    const result = effect();
    if (fault !== null) throw fault.error;
    return result;
  }
}
