/** A hypervisor driver that keeps its VMs in memory: for simulations, and for trying out what stands above it, faults included. */
import type { CroftError } from '../../../model/error.ts';
import { planHash } from '../../../model/node/plan.ts';
import { type Capability, capabilities, type HypervisorDriver, type NodeLayout } from '../driver.ts';
import { NoopActs } from './acts.ts';
import { noopDevices } from './devices.ts';
import { type NoopFaults, type NoopOperation, noFaults } from './faults.ts';
import { noopSnapshots } from './snapshots.ts';
import { noopStreams } from './streams.ts';
import { createNoopWorld, diskSize, hangUp, type NoopVm, type NoopWorld, newDisk, nodeOf, run, runs, show } from './world.ts';

export interface NoopOptions {
  /** What outlives the driver, as nodes outlive a controller. */
  world?: NoopWorld;
  faults?: NoopFaults;
  can?: Iterable<Capability>;
  /** ms since 1970. */
  now?: () => number;
  /** Resolves after so many ms. */
  sleep?: (time: number) => Promise<unknown>;
}

export interface NoopHypervisor extends HypervisorDriver {
  /** The next time that this operation is asked for this VM it is rejected with the error, before it changes anything. */
  failNext(operation: NoopOperation, vmId: string, error: CroftError): void;
  /** This operation of this VM waits, each time, until the promise is settled. */
  hold(operation: NoopOperation, vmId: string, until: Promise<unknown>): void;
  /** The VM's process ends by itself: with 0 as if the guest had powered off, else as if it had been killed. */
  lose(vmId: string, exitCode: number): void;
  /** The VM's guest does not notice its power button from now on. */
  deafen(vmId: string): void;
  /** The file systems of the VM's guest stand still. */
  freeze(layout: NodeLayout, vmId: string): void;
  /** The VM, which runs, is held still since its node's disk is full. */
  fillDisk(layout: NodeLayout, vmId: string): void;
  /** The VM's disk on that node as a number: a copy has the same, one that was made anew another. Null where it has none. */
  disk(layout: NodeLayout, vmId: string): number | null;
  /** Something else is on the VM's disk from now on. */
  write(layout: NodeLayout, vmId: string): void;
}

/** The VMs of all nodes, which are told apart by their state folders. */
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
      const vm = acts.running(layout, vmId);
      vm.seen = { ...vm.seen, frozen: true };
    },
    fillDisk(layout, vmId) {
      const vm = acts.running(layout, vmId);
      vm.seen = { ...vm.seen, state: 'paused', halted: 'disk-full' };
    },
    disk: (layout, vmId) => acts.find(layout, vmId)?.disk ?? null,
    write: (layout, vmId) => {
      const vm = acts.find(layout, vmId);
      if (vm !== undefined) vm.disk = newDisk(world);
    },

    probe: () => ({ command: { argv: ['true'] }, parse: () => ({ usable: true, version: 'noop', limits: [] }) }),
    async prepareNode(host, layout) {
      await acts.onNode('prepareNode', host, () => void nodeOf(world, layout));
    },
    observe: (layout) => acts.call('observe', layout, () => [...nodeOf(world, layout).vms.values()].map(({ seen }) => seen)),
    runningLaunch: (layout, vmId) =>
      acts.call('runningLaunch', layout, () => {
        const vm = acts.find(layout, vmId);
        return runs(vm) ? vm.launch : null;
      }),
    ...noopLife(world, acts, now),
    ...noopMoves(world, acts),
    ...noopSnapshots(world, acts, now),
    ...noopDevices(acts),
    ...noopStreams(world, acts),
    async purge(host, layout) {
      await acts.onNode('purge', host, () => {
        for (const vm of nodeOf(world, layout).vms.values()) hangUp(vm);
        world.nodes.delete(layout.stateFolder);
      });
    },
  };
}

type Life = Pick<HypervisorDriver, 'prepare' | 'start' | 'stop' | 'kill' | 'pause' | 'resume' | 'reboot' | 'thaw' | 'destroy'>;

function noopLife(world: NoopWorld, acts: NoopActs, now: () => number): Life {
  return {
    async prepare(_host, layout, launch, label) {
      const { vms } = nodeOf(world, layout);
      const put = (state: 'preparing' | 'stopped', launchHash: string | null): void => {
        const known = vms.get(launch.id);
        if (runs(known) || (known?.seen.state === state && known.seen.launchHash === launchHash)) return;
        const vm = known ?? blank(newDisk(world));
        const seen = { id: launch.id, state, pid: null, startedAt: null, memory: null, exitCode: null, launchHash };
        vms.set(launch.id, { ...vm, label, launch, seen, size: Math.max(vm.size, diskSize(launch)) });
      };
      const half = (): void => (vms.has(launch.id) ? undefined : put('preparing', null));
      await acts.act({ operation: 'prepare', layout, vmId: launch.id, label, half }, () => put('stopped', planHash(launch)));
    },
    async start(_host, layout, _abilities, launch, label) {
      await acts.act({ operation: 'start', layout, vmId: launch.id, label }, () => {
        const vm = acts.prepared(layout, launch.id, label);
        if (runs(vm)) return;
        vm.launch = launch;
        run(world, vm, now());
        acts.tell(layout, launch.id, 'started');
      });
    },
    async stop(_host, layout, vmId) {
      return await acts.act({ operation: 'stop', layout, vmId }, () => {
        if (!end(vmId, layout)) return 'not-running';
        return world.deaf.has(vmId) ? 'terminated' : 'powered-down';
      });
    },
    async kill(_host, layout, vmId) {
      return await acts.act({ operation: 'kill', layout, vmId }, () => end(vmId, layout));
    },
    async pause(_host, layout, vmId) {
      acts.demand('pause');
      await acts.act({ operation: 'pause', layout, vmId }, () => turn(vmId, layout, 'paused'));
    },
    async resume(_host, layout, vmId) {
      acts.demand('pause');
      await acts.act({ operation: 'resume', layout, vmId }, () => turn(vmId, layout, 'running'));
    },
    async reboot(_host, layout, vmId, gently) {
      acts.demand('reboot');
      await acts.act({ operation: 'reboot', layout, vmId }, () => {
        const vm = acts.running(layout, vmId);
        if (gently && world.deaf.has(vmId)) return;
        vm.log += `${vm.launch.hostname} is up\n`;
        acts.tell(layout, vmId, 'rebooted');
      });
    },
    async thaw(_host, layout, vmId) {
      await acts.act({ operation: 'thaw', layout, vmId }, () => {
        const vm = acts.find(layout, vmId);
        if (!runs(vm)) return;
        const { frozen: _, ...seen } = vm.seen;
        vm.seen = seen;
      });
    },
    async destroy(_host, layout, vmId) {
      await acts.act({ operation: 'destroy', layout, vmId, half: () => void end(vmId, layout) }, () => {
        end(vmId, layout);
        nodeOf(world, layout).vms.delete(vmId);
      });
    },
  };

  function end(vmId: string, layout: NodeLayout): boolean {
    const vm = acts.find(layout, vmId);
    if (!runs(vm)) return false;
    show(vm, { state: 'stopped' });
    acts.tell(layout, vmId, 'stopped');
    return true;
  }

  function turn(vmId: string, layout: NodeLayout, state: 'paused' | 'running'): void {
    const vm = acts.running(layout, vmId);
    if (vm.seen.state === state) return;
    vm.seen = { ...vm.seen, state };
    acts.tell(layout, vmId, state === 'paused' ? 'paused' : 'resumed');
  }
}

function noopMoves(world: NoopWorld, acts: NoopActs): Pick<HypervisorDriver, 'arrivals' | 'discardArrival' | 'requireRoom' | 'transfer'> {
  return {
    arrivals: (layout) => acts.call('arrivals', layout, () => [...nodeOf(world, layout).arrivals].sort()),
    async discardArrival(_host, layout, vmId) {
      await acts.act({ operation: 'discardArrival', layout, vmId }, () => void nodeOf(world, layout).arrivals.delete(vmId));
    },
    async requireRoom(from, _to, vm) {
      acts.demand('move');
      await acts.act({ operation: 'requireRoom', layout: from.layout, vmId: vm.id }, () => undefined);
    },
    async transfer(from, to, launch, label, { exitCode, signal, onProgress }) {
      acts.demand('move');
      const { vms, arrivals } = nodeOf(world, to.layout);
      vms.delete(launch.id);
      arrivals.add(launch.id);
      await acts.act({ operation: 'transfer', layout: from.layout, vmId: launch.id, label }, () => {
        signal.throwIfAborted();
        const known = acts.find(from.layout, launch.id);
        if (runs(known)) throw new Error(`VM ${launch.id} runs while it is copied`);
        onProgress(100);
        arrivals.delete(launch.id);
        if (known === undefined) return;
        const vm: NoopVm = { ...known, label, launch, snapshots: [...known.snapshots], streams: new Set() };
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
