/** A hypervisor driver that keeps its VMs in memory: for trying out what stands above it, faults included. */
import { PassThrough } from 'node:stream';
import type { CroftError } from '../../model/error.ts';
import { planHash, type VmLaunch } from '../../model/node-plan.ts';
import type { HypervisorDriver, ObservedVm } from './driver.ts';

export type NoopStep = 'prepare' | 'start' | 'stop' | 'destroy';

export interface NoopHypervisor extends HypervisorDriver {
  /** Every step that was asked for, in order, as `step id`. */
  readonly asked: string[];
  /** The next time that this step is asked for this VM it is rejected with the error, before it changes anything. */
  failNext(step: NoopStep, vmId: string, error: CroftError): void;
  /** This step of this VM waits, each time, until the promise is settled. */
  hold(step: NoopStep, vmId: string, until: Promise<unknown>): void;
  /** The VM's process ends by itself: with 0 as if the guest had powered off, else as if it had been killed. */
  lose(vmId: string, exitCode: number): void;
}

/** The VMs of one node. `now` gives ms since 1970. */
export function createNoopHypervisor(now: () => number = Date.now): NoopHypervisor {
  const vms = new Map<string, ObservedVm>();
  const failures = new Map<string, CroftError>();
  const holds = new Map<string, Promise<unknown>>();
  const asked: string[] = [];
  let lastPid = 1000;

  async function begin(step: NoopStep, vmId: string): Promise<void> {
    const key = `${step} ${vmId}`;
    asked.push(key);
    await holds.get(key);
    const failure = failures.get(key);
    failures.delete(key);
    if (failure !== undefined) throw failure;
  }
  const change = (id: string, changes: Partial<ObservedVm>): void => {
    const vm = vms.get(id);
    if (vm !== undefined) vms.set(id, { ...vm, pid: null, startedAt: null, exitCode: null, ...changes });
  };
  const hashed = (vm: VmLaunch): Pick<ObservedVm, 'launchHash'> => ({ launchHash: planHash(vm) });

  return {
    name: 'noop',
    asked,
    failNext: (step, vmId, error) => void failures.set(`${step} ${vmId}`, error),
    hold: (step, vmId, until) => void holds.set(`${step} ${vmId}`, until),
    lose: (vmId, exitCode) => change(vmId, { state: exitCode === 0 ? 'stopped' : 'failed', exitCode }),

    async prepareNode() {},
    observe: () => ({ command: { argv: ['true'] }, parse: () => [...vms.values()] }),
    async prepare(_host, _layout, vm) {
      await begin('prepare', vm.id);
      const known = vms.get(vm.id);
      const { launchHash } = hashed(vm);
      if (known?.state === 'running' || known?.launchHash === launchHash) return;
      vms.set(vm.id, { id: vm.id, state: 'stopped', pid: null, startedAt: null, exitCode: null, launchHash });
    },
    async start(_host, _layout, _abilities, vm) {
      await begin('start', vm.id);
      if (vms.get(vm.id)?.state === 'running') return;
      lastPid += 1;
      change(vm.id, { state: 'running', pid: lastPid, startedAt: now(), ...hashed(vm) });
    },
    async stop(_host, _layout, vmId) {
      await begin('stop', vmId);
      if (vms.get(vmId)?.state !== 'running') return 'not-running';
      change(vmId, { state: 'stopped', exitCode: null });
      return 'powered-down';
    },
    async destroy(_host, _layout, vmId) {
      await begin('destroy', vmId);
      vms.delete(vmId);
    },
    async console() {
      return new PassThrough();
    },
    async consoleLog() {
      return '';
    },
    async purge() {
      vms.clear();
    },
  };
}
