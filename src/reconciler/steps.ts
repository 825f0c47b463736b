/** The steps that a plan is made of, as data. */
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import type { UnderlayPlan } from '../model/network/underlay.ts';
import type { LaunchImage, PortPlan, RouterPlan, WantedVm } from '../model/node/plan.ts';
import type { LiveChange } from './live-change.ts';

/** Step kind → its parameters. The executor must have exactly these kinds. */
export interface StepShapes {
  /** Bring the link between this node and the others into the planned state. `faults` lists the faults that were observed. */
  underlay: { plan: UnderlayPlan; faults: string[] };
  /** Bring a router into the planned state. `faults` lists the faults that were observed. */
  router: { plan: RouterPlan; faults: string[] };
  removeRouter: { sliceId: string };
  /** Repair ports of VMs that already run. */
  repairPorts: { ports: PortPlan[] };
  /** Remove ports that nothing wants, by interface name. */
  detach: { names: string[] };
  /** Deliver an image that no VM needs yet. */
  fetchImage: { image: LaunchImage };
  /** Image, ports, disk, seed and process, in this order. */
  launch: { vm: WantedVm };
  /** Change a running VM to its launch, as far as `change` does that. */
  change: { vm: WantedVm; change: LiveChange };
  /** `restart`: the VM is stopped only to be started again with other values. */
  stop: { id: string; label: string; restart: boolean };
  /** Pause the guest. */
  pause: { id: string; label: string };
  resume: { id: string; label: string };
  /** Thaw the guest's file systems. */
  thaw: { id: string; label: string };
  destroy: { id: string; label: string; stray: boolean };
  /** Move the VM to the node `to`; the VM is stopped here first. `seen` is its observation; null where nothing is here. */
  move: { vm: WantedVm; to: string; seen: ObservedVm | null };
  /** Remove the files that have arrived here of a VM that does not move here any more. */
  discardArrival: { id: string };
}

export type StepKind = keyof StepShapes;
export type Step = { [Kind in StepKind]: { kind: Kind } & StepShapes[Kind] }[StepKind];

/** Identifies a step as the same as an earlier step, which may have failed. */
export function keyOf(step: Step): string {
  if (step.kind === 'repairPorts') return `repairPorts ${step.ports.map(({ nicId }) => nicId).join(' ')}`;
  if (step.kind === 'detach') return `detach ${step.names.join(' ')}`;
  return `${step.kind} ${subjectOf(step)}`;
}

/** The object that a step works on; two steps of one subject never run at the same time. */
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
