/** Decides whose failure a failed step is. Pure. */
import type { VmStepName } from '../../reconciler/context.ts';
import type { Step } from '../../reconciler/steps.ts';

export type StepFailure =
  | { of: 'vm'; id: string; label: string; step: VmStepName }
  | { of: 'router'; sliceId: string }
  /** `what`: in words. */
  | { of: 'node'; what: string };

/** Failures of launches, changes, moves and images are reported in more detail by the code that carries them out. */
export function failureOf(step: Step): StepFailure {
  switch (step.kind) {
    case 'stop':
    case 'pause':
    case 'resume':
    case 'thaw':
      return { of: 'vm', id: step.id, label: step.label, step: step.kind };
    case 'destroy':
      if (step.stray) return ofNode(`what is left of VM ${step.id} could not be removed`);
      return { of: 'vm', id: step.id, label: step.label, step: 'remove' };
    case 'router':
      return { of: 'router', sliceId: step.plan.sliceId };
    case 'launch':
    case 'change':
    case 'move':
      return { of: 'vm', id: step.vm.launch.id, label: step.vm.label, step: step.kind === 'launch' ? 'start' : step.kind };
    case 'underlay':
      return ofNode('the node could not be joined to the others');
    case 'removeRouter':
      return ofNode('a router could not be removed');
    case 'repairPorts':
      return ofNode('network ports could not be repaired');
    case 'detach':
      return ofNode('network ports could not be removed');
    case 'fetchImage':
      return ofNode('an image could not be brought here');
    case 'discardArrival':
      return ofNode(`what had arrived of VM ${step.id} could not be removed`);
  }
}

const ofNode = (what: string): StepFailure => ({ of: 'node', what });
