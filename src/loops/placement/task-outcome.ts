/** Whether a running task has reached its end. Pure. */
import type { Slice } from '../../model/slice/slice.ts';
import type { Task } from '../../model/task.ts';
import type { Vm } from '../../model/vm/vm.ts';

export interface TaskOutcome {
  state: 'done' | 'failed';
  message: string | null;
}

const done: TaskOutcome = { state: 'done', message: null };

/** The fields of a VM that determine the end of a task. */
type TaskVm = Pick<Vm, 'desired' | 'generation' | 'nodeId'> & { observed: Pick<Vm['observed'], 'settledGeneration'> };

/**
 * Null while the task is running. `slice` and `vms` are as stored now, `slice` null where it is gone. `vms` are those of the task's name,
 * or those of its slice with work left to do.
 */
export function taskOutcome(
  task: Task,
  slice: Pick<Slice, 'desired'> | null,
  vms: readonly TaskVm[],
  routerReady: boolean,
): TaskOutcome | null {
  if (task.kind === 'slice.remove') return slice === null ? done : null;
  if (slice === null || slice.desired === 'absent') return { state: 'failed', message: `slice ${task.subject} was removed meanwhile` };
  if (task.vm !== null) return vmOutcome(task, vms);
  return routerReady && vms.every(isAsDesired) ? done : null;
}

function vmOutcome(task: Task, vms: readonly TaskVm[]): TaskOutcome | null {
  const present = vms.filter(({ desired }) => desired !== 'absent');
  if (task.kind === 'vm.remove') return vms.some(({ desired }) => desired === 'absent') ? null : done;
  if (present.length === 0) return { state: 'failed', message: `VM ${task.subject}/${task.vm} was removed meanwhile` };
  return vms.every(isAsDesired) ? done : null;
}

function isAsDesired({ desired, generation, nodeId, observed }: TaskVm): boolean {
  if (desired === 'stopped' && nodeId === null) return true;
  return desired !== 'absent' && observed.settledGeneration === generation;
}
