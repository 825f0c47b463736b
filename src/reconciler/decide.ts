/**
 * Decides what to do with one VM and what to record of the VM, from its desired state, its observation and the capabilities of its
 * hypervisor. Pure.
 */
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import { isHashOf, type PortPlan, type VmLaunch, type WantedVm } from '../model/node/plan.ts';
import type { Capability } from '../model/vm/capability.ts';
import type { VmObserved } from '../model/vm/vm.ts';
import { type LiveChange, liveWay } from './live-change.ts';
import { restartBackoff, restarts } from './restart.ts';
import { diskFull, hasRoom, isAhead, isOf, isPostponed, wasOffered } from './retry.ts';
import type { Step } from './steps.ts';
import { type Action, transitions } from './transitions.ts';

export interface Outcome {
  action: Action;
  step: Step | null;
  observed: Partial<VmObserved> | null;
  forget: boolean;
  /** The ports that must be intact where the VM's NICs differ from the wanted NICs and stay so for now. Its other ports are left alone. */
  attached?: readonly PortPlan[];
}

/** The input of the decision in addition to the desired and observed state of a VM. */
export interface Circumstances {
  now: number;
  can: ReadonlySet<Capability>;
  /** Null where the launch that the VM runs from is not known, or not needed. */
  running: VmLaunch | null;
  /** Why the launch could not be read; null where it was read, or was not looked for. */
  unreadable: string | null;
}

export function decide(vm: WantedVm, seen: ObservedVm | null, circumstances: Circumstances): Outcome {
  const { now } = circumstances;
  const action = actionFor(vm, seen);
  const outcome: Outcome = { action, step: null, observed: seenValues(seen), forget: false };
  if (seen?.unreadable !== undefined && vm.desired !== 'absent') {
    return { ...outcome, action: 'wait', observed: { ...outcome.observed, reason: seen.unreadable } };
  }
  const { id } = vm.launch;
  switch (action) {
    case 'keep':
      return seen?.state === 'running' && vm.desired === 'running'
        ? keepRunning(vm, seen, circumstances, outcome)
        : settledOutcome(vm, outcome, null);
    case 'launch':
      return launch(vm, outcome, now);
    case 'recover':
      return recover(vm, seen as ObservedVm, now, outcome);
    case 'resume':
      return seen?.halted === undefined
        ? { ...outcome, step: { kind: 'resume', id, label: vm.label } }
        : relieve(vm, seen.halted, now, outcome);
    case 'pause':
      return { ...outcome, step: { kind: action, id, label: vm.label } };
    case 'stop':
      return { ...outcome, step: { kind: 'stop', id, label: vm.label, restart: vm.desired !== 'stopped' } };
    case 'destroy':
      return { ...outcome, step: { kind: 'destroy', id, label: vm.label, stray: false } };
    case 'forget':
      return { ...outcome, observed: null, forget: true };
  }
}

/**
 * Interrupted work is ended first, in the way it would have ended: a guest that was asked to power down may do so at any time, and must
 * not be taken for a guest that did so by itself; and a VM that is only half restored may not run.
 */
function actionFor({ desired }: WantedVm, seen: ObservedVm | null): Exclude<Action, 'wait'> {
  if (seen?.cutOff && desired !== 'absent') return 'stop';
  return transitions[desired][seen?.state ?? 'none'];
}

function seenValues(seen: ObservedVm | null): Partial<VmObserved> {
  const without = { startedAt: null, launchHash: null, memoryHeld: null, addressed: false };
  if (seen === null) return { state: 'none', pid: null, ...without };
  const { state, pid, startedAt, launchHash } = seen;
  return { state, pid, ...(state === 'running' || state === 'paused' ? { startedAt, launchHash } : without) };
}

const hindrances = { 'disk-full': 'its guest is paused: the disk of its node is full' } as const;

/** The hypervisor paused the guest by itself, and will do so again where nothing changed. */
function relieve(vm: WantedVm, halted: NonNullable<ObservedVm['halted']>, now: number, outcome: Outcome): Outcome {
  const { launch, label, diskRetry } = vm;
  const waits = isAhead(diskRetry, now);
  const observed = { ...outcome.observed, diskRetry: waits ? diskRetry : diskFull(diskRetry, now) };
  if (diskRetry !== null && !waits) return { ...outcome, observed, step: { kind: 'resume', id: launch.id, label } };
  return { ...outcome, action: 'wait', attached: [], observed: { ...observed, reason: hindrances[halted], step: null } };
}

function keepRunning(vm: WantedVm, seen: ObservedVm, circumstances: Circumstances, outcome: Outcome): Outcome {
  const { now } = circumstances;
  if (seen.frozen) return { ...outcome, step: { kind: 'thaw', id: vm.launch.id, label: vm.label } };
  const forgiven = vm.restarts > 0 && restartBackoff.forgives(seen.startedAt, now);
  const runs = {
    ...{ restartAt: null, launchRetry: null, ...(forgiven && { restarts: 0 }) },
    ...(vm.diskRetry !== null && hasRoom(vm.diskRetry, now) && { diskRetry: null }),
  };
  const kept = { ...outcome, observed: { ...outcome.observed, ...runs } };
  if (isHashOf(seen.launchHash, vm.launch)) {
    const memoryHeld = held(vm.launch, seen);
    return settledOutcome(vm, { ...kept, observed: { ...kept.observed, changeRetry: null, memoryHeld } }, null);
  }
  const { running, unreadable, can } = circumstances;
  if (unreadable !== null) return { ...kept, action: 'wait', observed: { ...kept.observed, reason: unreadable }, attached: [] };
  if (running !== null) kept.observed.memoryHeld = held(running, seen);
  const offered = wasOffered(vm.changeRetry, vm.launch);
  const way = running === null ? null : liveWay(running, vm.launch, can, offered);
  if (vm.missingImages.length > 0) return { ...kept, ...lackingImages(vm, kept), attached: way?.ports ?? running?.ports ?? [] };
  if (way === null) return { ...outcome, action: 'stop', step: { kind: 'stop', id: vm.launch.id, label: vm.label, restart: true } };
  if (way.change === null) {
    const changeRetry = offered ? vm.changeRetry : null;
    return settledOutcome(vm, { ...kept, observed: { ...kept.observed, changeRetry } }, way.waiting);
  }
  if (isPostponed(vm.changeRetry, vm.launch, now)) return { ...kept, action: 'wait', attached: way.ports };
  return change(vm, way.change, kept);
}

/** Bytes of memory that the guest has or may take again. */
function held(running: VmLaunch, seen: ObservedVm): number {
  return Math.max(running.memory, seen.memory ?? 0);
}

function change(vm: WantedVm, change: LiveChange, outcome: Outcome): Outcome {
  // Recorded before the NIC is added, so that no interruption leaves its lease unawaited.
  const observed = change.attachNics.length === 0 ? outcome.observed : { ...outcome.observed, addressed: false };
  return { ...outcome, observed, step: { kind: 'change', vm, change } };
}

function lackingImages(vm: WantedVm, { observed }: Outcome): Pick<Outcome, 'action' | 'observed'> {
  const reason = `its volumes need images that were not fetched yet: ${vm.missingImages.join(', ')}`;
  return { action: 'wait', observed: { ...observed, reason } };
}

function settledOutcome(vm: WantedVm, outcome: Outcome, reason: string | null): Outcome {
  return { ...outcome, observed: { ...outcome.observed, reason, step: null, settledGeneration: vm.generation } };
}

function launch(vm: WantedVm, outcome: Outcome, now: number): Outcome {
  if (vm.missingImages.length > 0) return { ...outcome, ...lackingImages(vm, outcome) };
  if (isPostponed(vm.launchRetry, vm.launch, now)) return { ...outcome, action: 'wait' };
  return { ...outcome, step: { kind: 'launch', vm } };
}

/** The process ended by itself, was never started, or was stopped for a start with other values. */
function recover(vm: WantedVm, seen: ObservedVm, now: number, outcome: Outcome): Outcome {
  const asWanted = isHashOf(seen.launchHash, vm.launch);
  const neverStarted = seen.state === 'stopped' && seen.exitCode === null;
  if (neverStarted || !(asWanted || vm.settled)) return launch(vm, outcome, now);
  const lost = seen.state === 'failed';
  const how = lost ? `its process ended${seen.exitCode === null ? '' : ` with exit code ${seen.exitCode}`}` : 'its guest powered off';
  if (!restarts(vm.restart, lost)) return settledOutcome(vm, outcome, `${how}; the restart policy is ${vm.restart}`);
  // A failed start that is tried again is no restart.
  if (vm.restartAt === null && !isOf(vm.launchRetry, vm.launch)) {
    const restartAt = restartBackoff.retryAt(vm.restarts, now);
    const observed = { ...outcome.observed, reason: how, restarts: vm.restarts + 1, restartAt };
    return restartAt > now ? { ...outcome, observed } : { ...outcome, observed, step: { kind: 'launch', vm } };
  }
  return vm.restartAt !== null && now < vm.restartAt ? { ...outcome, action: 'wait' } : launch(vm, outcome, now);
}
