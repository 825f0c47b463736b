/** The steps that a plan is made of, as data. */
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import type { UnderlayPlan } from '../model/network/underlay.ts';
import type { LaunchImage, PortPlan, RouterPlan, WantedVm } from '../model/node/plan.ts';
import type { LiveChange } from './live-change.ts';

/** Step kind → what it needs. The executor must have exactly these. */
export interface StepShapes {
  /** Bring what joins the node to the others into the planned state. `faults` says what was seen to be wrong with it. */
  underlay: { plan: UnderlayPlan; faults: string[] };
  /** Bring a router into the planned state. `faults` says what was seen to be wrong with it. */
  router: { plan: RouterPlan; faults: string[] };
  removeRouter: { sliceId: string };
  /** Make ports of VMs that run already right again. */
  repairPorts: { ports: PortPlan[] };
  /** Remove ports that nothing wants, by interface name. */
  detach: { names: string[] };
  /** Bring an image that no VM needs yet. */
  fetchImage: { image: LaunchImage };
  /** Image, ports, disk, seed and process, in this order. */
  launch: { vm: WantedVm };
  /** Bring a VM that runs to its launch, as far as `change` does that. */
  change: { vm: WantedVm; change: LiveChange };
  /** `restart`: it is stopped only to be started anew with other values. */
  stop: { id: string; label: string; restart: boolean };
  /** Hold the guest still. */
  pause: { id: string; label: string };
  resume: { id: string; label: string };
  /** Let its guest's file systems go on. */
  thaw: { id: string; label: string };
  destroy: { id: string; label: string; stray: boolean };
  /** Bring the VM to the node `to`, stopping it here first. `seen` is what was observed of it; null where nothing is here. */
  move: { vm: WantedVm; to: string; seen: ObservedVm | null };
  /** Remove what has arrived here of a VM that does not come. */
  discardArrival: { id: string };
}

export type StepKind = keyof StepShapes;
export type Step = { [Kind in StepKind]: { kind: Kind } & StepShapes[Kind] }[StepKind];

/** What of a step makes it the same one as an earlier one, which may have failed. */
export function keyOf(step: Step): string {
  if (step.kind === 'repairPorts') return `repairPorts ${step.ports.map(({ nicId }) => nicId).join(' ')}`;
  if (step.kind === 'detach') return `detach ${step.names.join(' ')}`;
  return `${step.kind} ${subjectOf(step)}`;
}

/** The thing that a step works on; two steps of one subject never run at the same time. */
export function subjectOf(step: Step): string {
  switch (step.kind) {
    case 'underlay':
    case 'repairPorts':
    case 'detach':
      return 'ports';
    case 'router':
      return `router:${step.plan.sliceId}`;
    case 'removeRouter':
      return `router:${step.sliceId}`;
    case 'fetchImage':
      return `image:${step.image.sha256}`;
    case 'launch':
    case 'change':
    case 'move':
      return `vm:${step.vm.launch.id}`;
    case 'stop':
    case 'pause':
    case 'resume':
    case 'thaw':
    case 'destroy':
    case 'discardArrival':
      return `vm:${step.id}`;
  }
}
