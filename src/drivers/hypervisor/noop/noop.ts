/** A hypervisor driver that keeps its VMs in memory: for simulations, and for testing the layers above it, faults included. */
import type { CroftError } from '../../../model/error.ts';
import { planHash } from '../../../model/node/plan.ts';
import { type Capability, capabilities, type HypervisorDriver, type NodeHypervisor, type NodeLayout, type VmReference } from '../driver.ts';
import { NoopActs } from './acts.ts';
import { noopDevices } from './devices.ts';
import { type NoopFaults, type NoopOperation, noFaults } from './faults.ts';
import { noopSnapshots } from './snapshots.ts';
import { noopStreams } from './streams.ts';
import { createNoopWorld, diskSize, hangUp, type NoopVm, type NoopWorld, newDisk, nodeOf, run, runs, show } from './world.ts';

export interface NoopOptions {
  /** State that outlives the driver, as nodes outlive a controller. */
  world?: NoopWorld;
  faults?: NoopFaults;
  can?: Iterable<Capability>;
  /** ms since 1970. */
  now?: () => number;
  /** Resolves after this many ms. */
  sleep?: (time: number) => Promise<unknown>;
}

export interface NoopHypervisor extends HypervisorDriver {
  /** The next call of this operation for this VM is rejected with the error, before it changes anything. */
  failNext(operation: NoopOperation, vmId: string, error: CroftError): void;
  /** This operation of this VM waits, each time, until the promise is settled. */
  hold(operation: NoopOperation, vmId: string, until: Promise<unknown>): void;
  /** The VM's process ends by itself: with 0 as if the guest had powered off, otherwise as if it had been killed. */
  lose(vmId: string, exitCode: number): void;
  /** The VM's guest ignores its power button from now on. */
  deafen(vmId: string): void;
  /** The file systems of the VM's guest are frozen. */
  freeze(layout: NodeLayout, vmId: string): void;
  /** The running VM is paused since its node's disk is full. */
  fillDisk(layout: NodeLayout, vmId: string): void;
  /** The VM's disk on that node as a number: a copy has the same number, a recreated disk has another. Null where the VM has none. */
  disk(layout: NodeLayout, vmId: string): number | null;
  /** The VM's disk has other content from now on. */
  write(layout: NodeLayout, vmId: string): void;
}

/** The VMs of all nodes; state folders distinguish the nodes. */
export function createNoopHypervisor(options: NoopOptions = {}): NoopHypervisor {
  const { world = createNoopWorld(), faults = noFaults, now = Date.now, sleep } = options;
  const can = new Set(options.can ?? capabilities);
  const acts = new NoopActs({ world, faults, can, sleep });
  return {
    name: 'noop',
    can,
    failNext: (operation, vmId, error) => acts.failNext(operation, vmId, error),
    hold: (operation, vmId, until) => acts.hold(operation, vmId, until),
    lose(vmId, exitCode) {
      for (const [stateFolder, { vms }] of world.nodes) {
        const vm = vms.get(vmId);
        if (vm === undefined) continue;
        show(vm, { state: exitCode === 0 ? 'stopped' : 'failed', exitCode });
        acts.tell({ stateFolder }, vmId, exitCode === 0 ? 'stopped' : 'crashed');
      }
    },
    deafen: (vmId) => void world.deaf.add(vmId),
    freeze(layout, vmId) {
      const vm = acts.running(layout, { id: vmId, label: vmId });
      vm.seen = { ...vm.seen, frozen: true };
    },
    fillDisk(layout, vmId) {
      const vm = acts.running(layout, { id: vmId, label: vmId });
      vm.seen = { ...vm.seen, state: 'paused', halted: 'disk-full' };
    },
    disk: (layout, vmId) => acts.find(layout, vmId)?.disk ?? null,
    write: (layout, vmId) => {
      const vm = acts.find(layout, vmId);
      if (vm !== undefined) vm.disk = newDisk(world);
    },

    on: ({ host, layout }) => ({
      name: 'noop',
      can,
      probe: () => ({ command: { argv: ['true'] }, parse: () => ({ usable: true, version: 'noop', limits: [] }) }),
      async prepareNode() {
        await acts.onNode('prepareNode', host, () => void nodeOf(world, layout));
      },
      observe: () => acts.call('observe', layout, () => [...nodeOf(world, layout).vms.values()].map(({ seen }) => seen)),
      runningLaunch: ({ id }) =>
        acts.call('runningLaunch', layout, () => {
          const vm = acts.find(layout, id);
          return runs(vm) ? vm.launch : null;
        }),
      ...noopLife(world, acts, layout, now),
      ...noopMoves(world, acts, layout),
      ...noopSnapshots(world, acts, layout, now),
      ...noopDevices(acts, layout),
      ...noopStreams(world, acts, layout),
      async purge() {
        await acts.onNode('purge', host, () => {
          for (const vm of nodeOf(world, layout).vms.values()) hangUp(vm);
          world.nodes.delete(layout.stateFolder);
        });
      },
    }),
  };
}

type Life = Pick<NodeHypervisor, 'prepare' | 'start' | 'stop' | 'kill' | 'pause' | 'resume' | 'reboot' | 'thaw' | 'destroy'>;

function noopLife(world: NoopWorld, acts: NoopActs, layout: NodeLayout, now: () => number): Life {
  return {
    async prepare({ launch, ...vm }) {
      const { vms } = nodeOf(world, layout);
      const put = (state: 'preparing' | 'stopped', launchHash: string | null): void => {
        const known = vms.get(launch.id);
        if (runs(known) || (known?.seen.state === state && known.seen.launchHash === launchHash)) return;
        const made = known ?? blank(newDisk(world));
        const seen = { id: launch.id, state, pid: null, startedAt: null, memory: null, exitCode: null, launchHash };
        vms.set(launch.id, { ...made, label: vm.label, launch, seen, size: Math.max(made.size, diskSize(launch)) });
      };
      const half = (): void => (vms.has(launch.id) ? undefined : put('preparing', null));
      await acts.act({ operation: 'prepare', vm, half }, () => put('stopped', planHash(launch)));
    },
    async start({ launch, ...reference }) {
      await acts.act({ operation: 'start', vm: reference }, () => {
        const vm = acts.prepared(layout, reference);
        if (runs(vm)) return;
        vm.launch = launch;
        run(world, vm, now());
        acts.tell(layout, launch.id, 'started');
      });
    },
    async stop(vm) {
      return await acts.act({ operation: 'stop', vm }, () => {
        if (!end(vm.id)) return 'not-running';
        return world.deaf.has(vm.id) ? 'terminated' : 'powered-down';
      });
    },
    async kill(vm) {
      return await acts.act({ operation: 'kill', vm }, () => end(vm.id));
    },
    async pause(vm) {
      acts.demand('pause');
      await acts.act({ operation: 'pause', vm }, () => turn(vm, 'paused'));
    },
    async resume(vm) {
      acts.demand('pause');
      await acts.act({ operation: 'resume', vm }, () => turn(vm, 'running'));
    },
    async reboot(reference, gently) {
      acts.demand('reboot');
      await acts.act({ operation: 'reboot', vm: reference }, () => {
        const vm = acts.running(layout, reference);
        if (gently && world.deaf.has(reference.id)) return;
        vm.log += `${vm.launch.hostname} is up\n`;
        acts.tell(layout, reference.id, 'rebooted');
      });
    },
    async thaw(reference) {
      await acts.act({ operation: 'thaw', vm: reference }, () => {
        const vm = acts.find(layout, reference.id);
        if (!runs(vm)) return;
        const { frozen: _, ...seen } = vm.seen;
        vm.seen = seen;
      });
    },
    async destroy(vm) {
      await acts.act({ operation: 'destroy', vm, half: () => void end(vm.id) }, () => {
        end(vm.id);
        nodeOf(world, layout).vms.delete(vm.id);
      });
    },
  };

  function end(vmId: string): boolean {
    const vm = acts.find(layout, vmId);
    if (!runs(vm)) return false;
    show(vm, { state: 'stopped' });
    acts.tell(layout, vmId, 'stopped');
    return true;
  }

  function turn(reference: VmReference, state: 'paused' | 'running'): void {
    const vm = acts.running(layout, reference);
    if (vm.seen.state === state) return;
    vm.seen = { ...vm.seen, state };
    acts.tell(layout, reference.id, state === 'paused' ? 'paused' : 'resumed');
  }
}

type Moves = Pick<NodeHypervisor, 'arrivals' | 'discardArrival' | 'requireRoom' | 'transfer'>;

function noopMoves(world: NoopWorld, acts: NoopActs, layout: NodeLayout): Moves {
  return {
    arrivals: () => acts.call('arrivals', layout, () => [...nodeOf(world, layout).arrivals].sort()),
    async discardArrival(vm) {
      await acts.act({ operation: 'discardArrival', vm }, () => void nodeOf(world, layout).arrivals.delete(vm.id));
    },
    async requireRoom(vm) {
      acts.demand('move');
      await acts.act({ operation: 'requireRoom', vm }, () => undefined);
    },
    async transfer({ launch, ...reference }, to, { exitCode, signal, onProgress }) {
      acts.demand('move');
      const { vms, arrivals } = nodeOf(world, to.layout);
      vms.delete(launch.id);
      arrivals.add(launch.id);
      await acts.act({ operation: 'transfer', vm: reference }, () => {
        signal.throwIfAborted();
        const known = acts.find(layout, launch.id);
        if (runs(known)) throw new Error(`VM ${launch.id} runs while it is copied`);
        onProgress(100);
        arrivals.delete(launch.id);
        if (known === undefined) return;
        const vm: NoopVm = { ...known, label: reference.label, launch, snapshots: [...known.snapshots], streams: new Set() };
        show(vm, { state: 'stopped', exitCode, launchHash: planHash(launch) });
        vms.set(launch.id, vm);
      });
    },
  };
}

type Blank = Pick<NoopVm, 'disk' | 'size' | 'snapshots' | 'log' | 'consoleTaken' | 'streams'>;

function blank(disk: number): Blank {
  return { disk, size: 0, snapshots: [], log: '', consoleTaken: false, streams: new Set() };
}
