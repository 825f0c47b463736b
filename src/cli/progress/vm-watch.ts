/** Keeps the state of a task's VMs current: reads them again after each event, never twice at once. */
import type { Client } from '../../client/client.ts';
import { CroftError } from '../../model/error.ts';
import type { Task } from '../../model/task.ts';
import type { VmView } from '../../model/vm/view.ts';
import { isSettled, type VmProgress } from './progress-lines.ts';

export class VmWatch {
  readonly #client: Client;
  readonly #task: Task;
  readonly #beganAt: number;
  readonly #now: () => number;
  #seen = new Map<string, VmProgress>();
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(client: Client, task: Task, now: () => number) {
    this.#client = client;
    this.#task = task;
    this.#now = now;
    this.#beganAt = now();
  }

  get progress(): VmProgress[] {
    return [...this.#seen.values()];
  }

  /** Resolves when the state is at least as new as this call. */
  async refresh(): Promise<void> {
    if (this.#reading !== null) {
      this.#again = true;
      return await this.#reading;
    }
    this.#reading = this.#readUntilFresh();
    try {
      await this.#reading;
    } finally {
      this.#reading = null;
    }
  }

  async #readUntilFresh(): Promise<void> {
    do {
      this.#again = false;
      this.#note(await this.#list());
    } while (this.#again);
  }

  async #list(): Promise<VmView[]> {
    const { kind, subject, vm } = this.#task;
    if (kind === 'node.drain') return (await this.#client.vms.list()).filter(({ id, node }) => node === subject || this.#seen.has(id));
    try {
      const vms = await this.#client.vms.list({ slice: subject });
      return vm === null ? vms : vms.filter(({ name }) => name === vm);
    } catch (error) {
      if (error instanceof CroftError && error.code === 'not-found') return [];
      throw error;
    }
  }

  /** For a drain a VM is settled where it has left or has to stay, whatever its state. */
  #isSettled(vm: VmView): boolean {
    const { kind, subject } = this.#task;
    return kind === 'node.drain' ? vm.node !== subject || vm.stayReason !== null : isSettled(vm);
  }

  #note(vms: readonly VmView[]): void {
    const now = this.#now();
    const gone = new Map(this.#seen);
    for (const vm of vms) {
      const before = this.#seen.get(vm.id);
      gone.delete(vm.id);
      const endedAt = this.#isSettled(vm) ? (before?.endedAt ?? now) : null;
      this.#seen.set(vm.id, { vm, beganAt: this.#beganAt, endedAt, removed: false });
    }
    for (const [id, progress] of gone) this.#seen.set(id, { ...progress, removed: true, endedAt: progress.endedAt ?? now });
  }
}
