/** Whether there may be a guest to connect to. Pure. */
import { CroftError } from '../../model/error.ts';
import type { Vm, VmObservedState } from '../../model/vm/vm.ts';

/** A VM of unknown state, whose node or hypervisor does not answer, may well run: only an attempt shows whether it can be reached. */
const mayRun: readonly VmObservedState[] = ['running', 'paused', 'unknown'];

/** Throws `vm.not-running` where the VM certainly has no console or screen now. */
export function requireGuest({ slice, name, observed }: Vm, what: 'console' | 'screen'): void {
  if (mayRun.includes(observed.state)) return;
  throw notRunning({ slice, name }, `is ${observed.state}, so it has no ${what}`);
}

/** Throws `vm.not-running` where the VM surely does not run now; `more` ends the message. */
export function requireRunning({ slice, name, observed }: Vm, more = ''): void {
  if (mayRun.includes(observed.state)) return;
  throw notRunning({ slice, name }, `does not run${more}`);
}

function notRunning({ slice, name }: Pick<Vm, 'slice' | 'name'>, how: string): CroftError {
  return new CroftError('vm.not-running', `VM ${slice}/${name} ${how}`, { hint: `start it with \`croft vm start ${slice}/${name}\`` });
}
