/** The reconciler's plan for one node: steps and observed values, computed from the desired state and the observation. Pure. */
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import type { ObservedNetwork } from '../drivers/network/driver.ts';
import { planHash, type VmLaunch, type WantedOnNode } from '../model/node/plan.ts';
import type { Capability } from '../model/vm/capability.ts';
import type { VmObserved } from '../model/vm/vm.ts';
import { decide, type Outcome } from './decide.ts';
import { PortLedger } from './port-ledger.ts';
import type { Step } from './steps.ts';

export interface NodeObservation {
  vms: readonly ObservedVm[];
  network: ObservedNetwork;
  /** The sha256 of each image that the node has complete. */
  images: readonly string[];
  /** VMs of which a part has arrived from another node. */
  arrivals: readonly string[];
}

export interface PlanInput {
  wanted: WantedOnNode;
  observed: NodeObservation;
  /**
   * The launches that VMs run from, by VM, for the VMs that were not observed to run from the wanted launch; where a VM is missing here,
   * its launch is not known. Read after the observation, and valid where both differ.
   */
  running: ReadonlyMap<string, VmLaunch>;
  /** Why the launch that a VM runs from could not be read, by VM: such a VM is left as it is. */
  unreadable: ReadonlyMap<string, string>;
  /** The capabilities of the node's hypervisor. */
  can: ReadonlySet<Capability>;
  /** Subjects that a step of an earlier pass still works on (`subjectOf`): left alone in this pass. */
  busy: ReadonlySet<string>;
  /** The sha256 of images whose delivery to this node failed recently: they are tried again later. */
  postponedImages: ReadonlySet<string>;
  /**
   * VMs whose move failed or could not begin recently, with the reason of a failure: they stay as they are, and the move is tried again
   * later.
   */
  postponedMoves: ReadonlyMap<string, string | null>;
  /** How many more moves may begin: each move makes its guest unavailable to its users, so the number of moves in progress is limited. */
  moveSlots: number;
  /** ms since 1970, by the controller's clock. */
  now: number;
}

export interface NodePlan {
  steps: Step[];
  /** The values to record of VMs; only for VMs that no step works on. */
  observations: { id: string; observed: Partial<VmObserved> }[];
  /** Absent VMs of which nothing is left on this node: their rows can be deleted. */
  forget: string[];
  /** Objects that bear this controller's label but that the store does not know. They are shown and left alone. */
  strangers: string[];
}

export function planNode(input: PlanInput): NodePlan {
  const plan: NodePlan = { steps: [], observations: [], forget: [], strangers: [] };
  planUnderlay(input, plan);
  planImages(input, plan);
  planRouters(input, plan);
  const ports = new PortLedger(input.observed.network.ports);
  planVms(input, ports, plan);
  planStrays(input, ports, plan);
  if (!input.busy.has('ports')) plan.steps.push(...ports.steps());
  return plan;
}

function planUnderlay({ wanted, observed }: PlanInput, plan: NodePlan): void {
  const { healthy, hash, faults } = observed.network.underlay;
  if (!healthy || hash !== planHash(wanted.underlay)) plan.steps.push({ kind: 'underlay', plan: wanted.underlay, faults });
}

function planImages({ wanted, observed, busy, postponedImages }: PlanInput, plan: NodePlan): void {
  const settled = new Set([...observed.images, ...postponedImages]);
  for (const image of wanted.images) {
    if (settled.has(image.sha256) || busy.has(`image:${image.sha256}`)) continue;
    settled.add(image.sha256);
    plan.steps.push({ kind: 'fetchImage', image });
  }
}

function planRouters({ wanted, observed, busy }: PlanInput, plan: NodePlan): void {
  const seen = new Map(observed.network.routers.map((router) => [router.sliceId, router]));
  for (const router of wanted.routers) {
    const existing = seen.get(router.sliceId);
    seen.delete(router.sliceId);
    if (busy.has(`router:${router.sliceId}`)) continue;
    if (existing?.healthy && existing.hash === planHash(router)) continue;
    plan.steps.push({ kind: 'router', plan: router, faults: existing?.faults ?? [] });
  }
  for (const sliceId of seen.keys()) {
    if (!busy.has(`router:${sliceId}`)) plan.steps.push({ kind: 'removeRouter', sliceId });
  }
}

function planVms(
  { wanted, observed, running, unreadable, can, busy, postponedMoves, moveSlots, now }: PlanInput,
  ports: PortLedger,
  plan: NodePlan,
): void {
  const seen = new Map(observed.vms.map((vm) => [vm.id, vm]));
  let slots = moveSlots;
  for (const vm of wanted.vms) {
    const { id } = vm.launch;
    if (busy.has(`vm:${id}`)) {
      ports.leave(id);
      continue;
    }
    const found = seen.get(id) ?? null;
    if (vm.movingTo !== null && slots > 0 && vm.desired !== 'absent' && !postponedMoves.has(id)) {
      slots -= 1;
      ports.leave(id);
      plan.steps.push({ kind: 'move', vm, to: vm.movingTo, seen: found });
      continue;
    }
    const circumstances = { now, can, running: running.get(id) ?? null, unreadable: unreadable.get(id) ?? null };
    const outcome = explained(decide(vm, found, circumstances), postponedMoves.get(id) ?? null);
    if (outcome.step !== null) plan.steps.push(outcome.step);
    if (outcome.observed !== null) plan.observations.push({ id, observed: outcome.observed });
    if (outcome.forget && !ports.has(id)) plan.forget.push(id);
    if (outcome.step !== null) ports.leave(id);
    else if (outcome.attached !== undefined) {
      ports.leave(id);
      ports.want(outcome.attached);
    } else if (outcome.action === 'keep' && (vm.desired === 'running' || vm.desired === 'paused')) ports.want(vm.launch.ports);
  }
}

/** With the reason why the VM does not move. */
function explained(outcome: Outcome, reason: string | null): Outcome {
  if (reason === null || outcome.observed === null || outcome.step !== null) return outcome;
  return { ...outcome, observed: { ...outcome.observed, reason } };
}

/** Ports, VMs and other objects that are on the node but are not wanted there. */
function planStrays({ wanted, observed, busy }: PlanInput, ports: PortLedger, plan: NodePlan): void {
  const known = new Set(wanted.vms.map(({ launch: { id } }) => id));
  const arriving = new Set(wanted.arriving);
  const outdated = new Set([...wanted.leftovers, ...wanted.abandoned]);
  for (const id of observed.arrivals) {
    if (!arriving.has(id) && !busy.has(`vm:${id}`)) plan.steps.push({ kind: 'discardArrival', id });
  }
  for (const { id } of observed.vms) {
    if (known.has(id) || arriving.has(id)) continue;
    if (busy.has(`vm:${id}`)) ports.leave(id);
    else if (outdated.has(id)) plan.steps.push({ kind: 'destroy', id, label: id, stray: true });
    else {
      plan.strangers.push(id);
      ports.leave(id);
    }
  }
}
