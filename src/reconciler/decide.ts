/** What is to be done with one VM, and what is to be recorded of it: by what is wanted, what was seen, and what its hypervisor can. Pure. */
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import { Backoff } from '../model/backoff.ts';
import { isHashOf, type PortPlan, planHash, type VmLaunch, type WantedVm } from '../model/node/plan.ts';
import type { Capability } from '../model/vm/capability.ts';
import type { VmObserved } from '../model/vm/vm.ts';
import { type LiveWay, liveWay } from './live-change.ts';
import { restartBackoff, restarts } from './restart.ts';
import type { Step } from './steps.ts';
import { type Action, transitions } from './transitions.ts';

export interface Outcome {
  action: Action;
  step: Step | null;
  observed: Partial<VmObserved> | null;
  forget: boolean;
  /** Where its NICs are others than wanted, and stay so for now: the ports that are to be whole. Its other ports are left alone. */
  attached?: readonly PortPlan[];
}

/** What is decided by beside what is wanted and seen of a VM. */
export interface Circumstances {
  now: number;
  can: ReadonlySet<Capability>;
  /** Null where it is not known what it runs from, or not needed. */
  running: VmLaunch | null;
  /** Why that could not be read; null where it was read, or was not looked for. */
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
        : settled(vm, outcome, null);
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
 * What was cut off is ended first, as it would have been: a guest that was asked to power down may do so at any time, and must not
 * be taken for one that did by itself; and what is half put back may not go on.
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
/** A guest that waits for room is not kept waiting for long once there is some. */
const longestHalt = 60_000;
const haltBackoff = new Backoff({ first: 5_000, longest: longestHalt });

/** Its hypervisor holds it still by itself, and will again where nothing changed. */
function relieve(vm: WantedVm, halted: NonNullable<ObservedVm['halted']>, now: number, outcome: Outcome): Outcome {
  const { id } = vm.launch;
  if (vm.retryAt !== null && now >= vm.retryAt) return { ...outcome, step: { kind: 'resume', id, label: vm.label } };
  const observed = { ...outcome.observed, reason: hindrances[halted], step: null };
  const waiting = { ...outcome, action: 'wait', attached: [] } as const;
  // One that is further away is about something else, such as a change that failed while it ran.
  if (vm.retryAt !== null && vm.retryAt - now <= longestHalt) return { ...waiting, observed };
  const restarts = vm.restarts + 1;
  const retryAt = haltBackoff.retryAt(restarts, now);
  return { ...waiting, observed: { ...observed, restarts, retryAt, attempted: planHash(vm.launch) } };
}

function keepRunning(vm: WantedVm, seen: ObservedVm, circumstances: Circumstances, outcome: Outcome): Outcome {
  const { now } = circumstances;
  if (seen.frozen) return { ...outcome, step: { kind: 'thaw', id: vm.launch.id, label: vm.label } };
  const forgiven = vm.restarts > 0 && restartBackoff.forgives(seen.startedAt, now);
  const kept = { ...outcome, observed: { ...outcome.observed, ...(forgiven ? { restarts: 0 } : {}) } };
  if (isHashOf(seen.launchHash, vm.launch)) {
    const memoryHeld = held(vm.launch, seen);
    return settled(vm, { ...kept, observed: { ...kept.observed, retryAt: null, attempted: null, memoryHeld } }, null);
  }
  const { running, unreadable, can } = circumstances;
  if (unreadable !== null) return { ...kept, action: 'wait', observed: { ...kept.observed, reason: unreadable }, attached: [] };
  if (running !== null) kept.observed.memoryHeld = held(running, seen);
  const attempted = isHashOf(vm.attempted, vm.launch);
  const way = running === null ? null : liveWay(running, vm.launch, can, attempted && vm.retryAt === null);
  if (vm.missingImages.length > 0) return { ...kept, ...lackingImages(vm, kept), attached: way?.ports ?? running?.ports ?? [] };
  if (way === null) return { ...outcome, action: 'stop', step: { kind: 'stop', id: vm.launch.id, label: vm.label, restart: true } };
  return comeCloser(vm, way, attempted && vm.retryAt !== null && now < vm.retryAt, kept);
}

/** Bytes of memory that its guest has or may take again. */
function held(running: VmLaunch, seen: ObservedVm): number {
  return Math.max(running.memory, seen.memory ?? 0);
}

/** By what can be done while it runs. What waits for its next start leaves nothing to do. */
function comeCloser(vm: WantedVm, { change, waiting, ports }: LiveWay, postponed: boolean, outcome: Outcome): Outcome {
  if (change === null) return settled(vm, { ...outcome, observed: { ...outcome.observed, retryAt: null } }, waiting);
  if (postponed) return { ...outcome, action: 'wait', attached: ports };
  // Written before the NIC comes, so that no cut leaves it unsaid that its lease is waited for.
  const observed = change.attachNics.length === 0 ? outcome.observed : { ...outcome.observed, addressed: false };
  return { ...outcome, observed, step: { kind: 'change', vm, change } };
}

function lackingImages(vm: WantedVm, { observed }: Outcome): Pick<Outcome, 'action' | 'observed'> {
  const reason = `its volumes need images that were not fetched yet: ${vm.missingImages.join(', ')}`;
  return { action: 'wait', observed: { ...observed, reason } };
}

function settled(vm: WantedVm, outcome: Outcome, reason: string | null): Outcome {
  return { ...outcome, observed: { ...outcome.observed, reason, step: null, settledGeneration: vm.generation } };
}

function launch(vm: WantedVm, outcome: Outcome, now: number): Outcome {
  if (vm.missingImages.length > 0) return { ...outcome, ...lackingImages(vm, outcome) };
  if (vm.retryAt !== null && now < vm.retryAt && isHashOf(vm.attempted, vm.launch)) return { ...outcome, action: 'wait' };
  return { ...outcome, step: { kind: 'launch', vm } };
}

/** Its process ended by itself, or it was never started, or was stopped in order to start with other values. */
function recover(vm: WantedVm, seen: ObservedVm, now: number, outcome: Outcome): Outcome {
  const asWanted = isHashOf(seen.launchHash, vm.launch);
  const neverStarted = seen.state === 'stopped' && seen.exitCode === null;
  if (neverStarted || !(asWanted || vm.settled)) return launch(vm, outcome, now);
  const lost = seen.state === 'failed';
  const how = lost ? `its process ended${seen.exitCode === null ? '' : ` with exit code ${seen.exitCode}`}` : 'its guest powered off';
  if (!restarts(vm.restart, lost)) return settled(vm, outcome, `${how}; the restart policy is ${vm.restart}`);
  if (vm.retryAt === null) {
    const retryAt = restartBackoff.retryAt(vm.restarts, now);
    const observed = { ...outcome.observed, reason: how, restarts: vm.restarts + 1, retryAt, attempted: planHash(vm.launch) };
    return retryAt > now ? { ...outcome, observed } : { ...outcome, observed, step: { kind: 'launch', vm } };
  }
  return launch(vm, outcome, now);
}
