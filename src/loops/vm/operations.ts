/** Carries out immediate operations on one VM: snapshots, resets, its screen, its agent. The VM's node keeps their results. */
import type { Duplex } from 'node:stream';
import type { VmReference } from '../../drivers/hypervisor/driver.ts';
import { perform } from '../../host/host.ts';
import type { Principal } from '../../model/access/principal.ts';
import { CroftError } from '../../model/error.ts';
import type { NewEvent } from '../../model/event.ts';
import { missing } from '../../model/missing.ts';
import type { VmLaunch } from '../../model/node/plan.ts';
import type { Capability } from '../../model/vm/capability.ts';
import type { GuestReport, Snapshot } from '../../model/vm/operations.ts';
import { unsupported } from '../../model/vm/unsupported.ts';
import type { Vm } from '../../model/vm/vm.ts';
import type { Store } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import type { NodeConnection } from '../node/connection.ts';
import type { Fleet } from '../node/fleet.ts';
import type { NodeWorker } from '../node/worker.ts';
import { requireGuest, requireRunning } from './may-run.ts';
import { workerOf } from './worker.ts';

export interface VmOperationsOptions {
  store: Store;
  fleet: Fleet;
  journal: Journal;
}

/** All reject with `not-found`, `vm.not-running` where the VM has no node, `unsupported` where its hypervisor cannot, and `node.*`. */
export class VmOperations {
  readonly #options: VmOperationsOptions;

  constructor(options: VmOperationsOptions) {
    this.#options = options;
  }

  /** Oldest first. */
  async snapshots(slice: string, name: string): Promise<Snapshot[]> {
    const { vm, connection } = await this.#reach(slice, name, 'snapshot');
    return await snapshotsOf(connection, vm);
  }

  /** Rejects with `conflict.exists` for a name in use. */
  async snapshot(by: Principal, slice: string, name: string, snapshot: string, memory: boolean): Promise<void> {
    const { vm, worker } = await this.#reach(slice, name, memory ? 'memory-snapshot' : 'snapshot');
    if (memory) requireRunning(vm);
    const launch = await this.#launch(vm);
    await worker.exclusively(vm.id, async (connection) => {
      if ((await snapshotsOf(connection, vm)).some((one) => one.name === snapshot)) throw taken(vm, snapshot);
      await connection.hypervisor.snapshot({ ...referenceTo(vm), launch }, snapshot, memory);
    });
    const message = `snapshot ${snapshot} was made${memory ? ' with memory' : ''}`;
    this.#tell(by, vm, { kind: 'vm.snapshot', message, data: { snapshot, memory } });
  }

  /**
   * A VM that is to run keeps running. A VM that does not run has no ports, so a snapshot with a guest's memory cannot be restored to it.
   */
  async revert(by: Principal, slice: string, name: string, snapshot: string): Promise<void> {
    const { vm, worker } = await this.#reach(slice, name, 'snapshot');
    const launch = await this.#launch(vm);
    await worker.exclusively(vm.id, async (connection) => {
      const { memory } = chosen(vm, snapshot, await snapshotsOf(connection, vm));
      if (memory) requireRunning(vm, `, and snapshot ${snapshot} has the memory of a guest that does`);
      await connection.hypervisor.revert({ ...referenceTo(vm), launch }, snapshot);
    });
    // A VM that could not be started while half restored can be started now.
    const { launchRetry: failed } = vm.observed;
    await this.#options.store.vms.observe([{ id: vm.id, observed: { launchRetry: failed && { ...failed, at: null } } }]);
    this.#tell(by, vm, { kind: 'vm.reverted', message: `is again as in snapshot ${snapshot}`, data: { snapshot } });
  }

  /** Where there is no snapshot of that name, the remains of an interrupted attempt are removed, and the call rejects with `not-found`. */
  async removeSnapshot(by: Principal, slice: string, name: string, snapshot: string): Promise<void> {
    const { vm, worker } = await this.#reach(slice, name, 'snapshot');
    const launch = await this.#launch(vm);
    await worker.exclusively(vm.id, async (connection) => {
      const before = await snapshotsOf(connection, vm);
      await connection.hypervisor.removeSnapshot({ ...referenceTo(vm), launch }, snapshot);
      chosen(vm, snapshot, before);
    });
    this.#tell(by, vm, { kind: 'vm.snapshot-removed', message: `snapshot ${snapshot} was removed`, data: { snapshot } });
  }

  /** A guest that ignores the request is left as it is; where its hypervisor can detect that, the call rejects with `vm.unheeded`. */
  async reboot(by: Principal, slice: string, name: string, hard: boolean): Promise<void> {
    const { vm, worker } = await this.#reach(slice, name, 'reboot');
    requireRunning(vm);
    await worker.exclusively(vm.id, ({ hypervisor }) => hypervisor.reboot(referenceTo(vm), !hard));
    this.#tell(by, vm, { kind: 'vm.rebooted', message: hard ? 'was reset' : 'was asked to restart itself', data: { hard } });
  }

  /** Null where no agent answers. */
  async guest(slice: string, name: string): Promise<GuestReport | null> {
    const { vm, connection } = await this.#reach(slice, name, 'guest-agent');
    requireRunning(vm);
    return await connection.hypervisor.guest(referenceTo(vm));
  }

  /** The last `bytes` of what the guest printed on its serial console. */
  async consoleLog(slice: string, name: string, bytes: number): Promise<string> {
    const { vm, connection } = await this.#reach(slice, name, 'console-log');
    try {
      return await connection.hypervisor.consoleLog(referenceTo(vm), bytes);
    } catch (thrown) {
      throw thrown instanceof CroftError && thrown.code === 'not-found' ? noLog(vm, thrown) : thrown;
    }
  }

  async vnc(slice: string, name: string): Promise<Duplex> {
    const { vm, connection } = await this.#reach(slice, name, 'vnc');
    requireGuest(vm, 'screen');
    return await connection.hypervisor.vnc(referenceTo(vm));
  }

  async #reach(slice: string, name: string, capability: Capability): Promise<{ vm: Vm; worker: NodeWorker; connection: NodeConnection }> {
    const { store, fleet } = this.#options;
    const vm = await store.vms.get(slice, name);
    const worker = workerOf(fleet, vm);
    const connection = await worker.connection();
    const { hypervisor, host } = connection;
    if (hypervisor.can.has(capability)) return { vm, worker, connection };
    throw unsupported(hypervisor.name, capability, host.name);
  }

  async #launch({ id, nodeId, slice, name }: Vm): Promise<VmLaunch> {
    const { vms } = await this.#options.store.placement.wanted(nodeId ?? '');
    const wanted = vms.find(({ launch }) => launch.id === id);
    if (wanted !== undefined) return wanted.launch;
    throw new CroftError('conflict.changed', `VM ${slice}/${name} left its node just now`, { hint: 'Try again.' });
  }

  #tell(by: Principal, { slice, name }: Vm, event: NewEvent): void {
    this.#options.journal.record({ ...event, slice, vm: name, actor: by.name });
  }
}

function referenceTo({ id, slice, name }: Vm): VmReference {
  return { id, label: `${slice}/${name}` };
}

async function snapshotsOf({ host, hypervisor }: NodeConnection, vm: Vm): Promise<Snapshot[]> {
  const [snapshots] = await perform(host, hypervisor.snapshots(referenceTo(vm)));
  return snapshots;
}

/** Throws `not-found` with near names. */
function chosen({ slice, name }: Vm, wanted: string, snapshots: readonly Snapshot[]): Snapshot {
  const found = snapshots.find((snapshot) => snapshot.name === wanted);
  if (found !== undefined) return found;
  const names = snapshots.map((snapshot) => snapshot.name);
  throw missing('snapshot', wanted, names, `of VM ${slice}/${name}`);
}

function noLog({ slice, name }: Vm, cause: CroftError): CroftError {
  return new CroftError('not-found', `VM ${slice}/${name} has no console log yet: ${cause.message}`, {
    hint: `It has one once it was started: \`croft vm start ${slice}/${name}\`.`,
    ...(cause.node !== undefined && { node: cause.node }),
    cause,
  });
}

function taken({ slice, name }: Vm, snapshot: string): CroftError {
  return new CroftError('conflict.exists', `VM ${slice}/${name} has a snapshot "${snapshot}" already`, {
    hint: 'Use another name, or remove that snapshot first.',
  });
}
