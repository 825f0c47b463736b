/** Whether a running task has reached its end. Pure. */
import type { Slice } from '../model/slice.ts';
import type { Task } from '../model/task.ts';
import type { Vm } from '../model/vm.ts';

export interface TaskOutcome {
  state: 'done' | 'failed';
  message: string | null;
}

const done: TaskOutcome = { state: 'done', message: null };

/** Null while it goes on. `slice` and `vms` are as stored now, `slice` null where it is gone. */
export function taskOutcome(task: Task, slice: Slice | null, vms: readonly Vm[], routerReady: boolean): TaskOutcome | null {
  if (task.kind === 'slice.remove') return slice === null ? done : null;
  if (slice === null || slice.desired === 'absent') return { state: 'failed', message: `slice ${task.subject} was removed meanwhile` };
  if (task.vm !== null)
    return vmOutcome(
      task,
      vms.filter(({ name }) => name === task.vm),
    );
  return routerReady && vms.every(isAsDesired) ? done : null;
}

function vmOutcome(task: Task, vms: readonly Vm[]): TaskOutcome | null {
  const present = vms.filter(({ desired }) => desired !== 'absent');
  if (task.kind === 'vm.remove') return vms.some(({ desired }) => desired === 'absent') ? null : done;
  if (present.length === 0) return { state: 'failed', message: `VM ${task.subject}/${task.vm} was removed meanwhile` };
  return vms.every(isAsDesired) ? done : null;
}

function isAsDesired({ desired, generation, nodeId, observed }: Vm): boolean {
  if (desired === 'stopped' && nodeId === null) return true;
  return desired !== 'absent' && observed.settledGeneration === generation;
}
