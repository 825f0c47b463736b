/** The lifecycle of a VM as one table: what is desired × what was observed → what to do next. */
import type { VmDesired, VmObservedState } from '../model/vm/vm.ts';

/**
 * keep: nothing to do. launch: make the VM run. recover: its process ended by itself; the restart policy decides. prepare is not an
 * action of its own: launching includes it. wait: nothing can be known or done now.
 */
export type Action = 'keep' | 'launch' | 'recover' | 'pause' | 'resume' | 'stop' | 'destroy' | 'forget' | 'wait';

export const transitions = {
  running: {
    none: 'launch',
    preparing: 'launch',
    stopped: 'recover',
    running: 'keep',
    paused: 'resume',
    failed: 'recover',
    unknown: 'wait',
  },
  paused: {
    none: 'launch',
    preparing: 'launch',
    stopped: 'recover',
    running: 'pause',
    paused: 'keep',
    failed: 'recover',
    unknown: 'wait',
  },
  stopped: {
    none: 'keep',
    preparing: 'keep',
    stopped: 'keep',
    running: 'stop',
    paused: 'stop',
    failed: 'keep',
    unknown: 'wait',
  },
  absent: {
    none: 'forget',
    preparing: 'destroy',
    stopped: 'destroy',
    running: 'destroy',
    paused: 'destroy',
    failed: 'destroy',
    unknown: 'wait',
  },
} as const satisfies Record<VmDesired, Record<VmObservedState, Action>>;
