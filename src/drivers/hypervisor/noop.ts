/** A hypervisor driver that keeps its VMs in memory: for trying out what stands above it, faults included. */
import { PassThrough } from 'node:stream';
import type { CroftError } from '../../model/error.ts';
import { planHash, type VmLaunch } from '../../model/node-plan.ts';
import type { HypervisorDriver, NodeLayout, ObservedVm } from './driver.ts';

export type NoopStep = 'prepare' | 'start' | 'stop' | 'destroy' | 'transfer' | 'discardArrival';

export interface NoopHypervisor extends HypervisorDriver {
  /** Every step that was asked for, in order, as `step id`. */
  readonly asked: string[];
  /** The next time that this step is asked for this VM it is rejected with the error, before it changes anything. */
  failNext(step: NoopStep, vmId: string, error: CroftError): void;
  /** This step of this VM waits, each time, until the promise is settled. */
  hold(step: NoopStep, vmId: string, until: Promise<unknown>): void;
  /** The VM's process ends by itself: with 0 as if the guest had powered off, else as if it had been killed. */
  lose(vmId: string, exitCode: number): void;
  /** The VM's disk on that node as a number: a copy has the same, one that was made anew another. Null where it has none. */
  disk(layout: NodeLayout, vmId: string): number | null;
}

interface NoopVm {
  seen: ObservedVm;
  disk: number;
}

interface NoopNode {
  vms: Map<string, NoopVm>;
  arrivals: Set<string>;
}

/** The VMs of all nodes, which are told apart by their state folders. `now` gives ms since 1970. */
export function createNoopHypervisor(now: () => number = Date.now): NoopHypervisor {
  const nodes = new Map<string, NoopNode>();
  const failures = new Map<string, CroftError>();
  const holds = new Map<string, Promise<unknown>>();
  const asked: string[] = [];
  let lastPid = 1000;
  let lastDisk = 0;

  const on = ({ stateFolder }: NodeLayout): NoopNode => {
    const node = nodes.get(stateFolder) ?? { vms: new Map(), arrivals: new Set() };
    nodes.set(stateFolder, node);
    return node;
  };
  async function begin(step: NoopStep, vmId: string): Promise<void> {
    const key = `${step} ${vmId}`;
    asked.push(key);
    await holds.get(key);
    const failure = failures.get(key);
    failures.delete(key);
    if (failure !== undefined) throw failure;
  }
  const change = (vms: NoopNode['vms'], id: string, changes: Partial<ObservedVm>): void => {
    const vm = vms.get(id);
    if (vm !== undefined) vms.set(id, { ...vm, seen: { ...vm.seen, pid: null, startedAt: null, exitCode: null, ...changes } });
  };
  const hashed = (vm: VmLaunch): Pick<ObservedVm, 'launchHash'> => ({ launchHash: planHash(vm) });

  return {
    name: 'noop',
    asked,
    failNext: (step, vmId, error) => void failures.set(`${step} ${vmId}`, error),
    hold: (step, vmId, until) => void holds.set(`${step} ${vmId}`, until),
    lose: (vmId, exitCode) => {
      for (const { vms } of nodes.values()) change(vms, vmId, { state: exitCode === 0 ? 'stopped' : 'failed', exitCode });
    },
    disk: (layout, vmId) => on(layout).vms.get(vmId)?.disk ?? null,

    async prepareNode() {},
    observe: (layout) => ({ command: { argv: ['true'] }, parse: () => [...on(layout).vms.values()].map(({ seen }) => seen) }),
    async prepare(_host, layout, vm) {
      await begin('prepare', vm.id);
      const { vms } = on(layout);
      const known = vms.get(vm.id);
      const { launchHash } = hashed(vm);
      if (known?.seen.state === 'running' || known?.seen.launchHash === launchHash) return;
      if (known === undefined) lastDisk += 1;
      const seen: ObservedVm = { id: vm.id, state: 'stopped', pid: null, startedAt: null, exitCode: null, launchHash };
      vms.set(vm.id, { seen, disk: known?.disk ?? lastDisk });
    },
    async start(_host, layout, _abilities, vm) {
      await begin('start', vm.id);
      const { vms } = on(layout);
      if (vms.get(vm.id)?.seen.state === 'running') return;
      lastPid += 1;
      change(vms, vm.id, { state: 'running', pid: lastPid, startedAt: now(), ...hashed(vm) });
    },
    async stop(_host, layout, vmId) {
      await begin('stop', vmId);
      const { vms } = on(layout);
      if (vms.get(vmId)?.seen.state !== 'running') return 'not-running';
      change(vms, vmId, { state: 'stopped', exitCode: null });
      return 'powered-down';
    },
    async destroy(_host, layout, vmId) {
      await begin('destroy', vmId);
      on(layout).vms.delete(vmId);
    },

    arrivals: (layout) => ({ command: { argv: ['true'] }, parse: () => [...on(layout).arrivals].sort() }),
    async discardArrival(_host, layout, vmId) {
      await begin('discardArrival', vmId);
      on(layout).arrivals.delete(vmId);
    },
    async requireRoom() {},
    async transfer(from, to, vm, _label, { exitCode, signal }) {
      const { vms, arrivals } = on(to.layout);
      vms.delete(vm.id);
      arrivals.add(vm.id);
      await begin('transfer', vm.id);
      signal.throwIfAborted();
      const known = on(from.layout).vms.get(vm.id);
      if (known?.seen.state === 'running') throw new Error(`VM ${vm.id} runs while it is copied`);
      arrivals.delete(vm.id);
      if (known !== undefined) vms.set(vm.id, { ...known, seen: { ...known.seen, state: 'stopped', exitCode, ...hashed(vm) } });
    },

    async console() {
      return new PassThrough();
    },
    async consoleLog() {
      return '';
    },
    async purge(_host, layout) {
      nodes.delete(layout.stateFolder);
    },
  };
}
