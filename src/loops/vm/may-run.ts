/** Whether there may be a guest to talk to. Pure. */
import { CroftError } from '../../model/error.ts';
import type { Vm, VmObservedState } from '../../model/vm/vm.ts';

/**
 * A VM of which nothing is known, since its node or its hypervisor does not answer, may well run: whether it can be reached is
 * seen by trying.
 */
const mayRun: readonly VmObservedState[] = ['running', 'paused', 'unknown'];

/** Throws `vm.not-running` where the VM surely has no console or screen now. */
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
