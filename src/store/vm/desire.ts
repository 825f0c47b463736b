/** The desired state of VMs, and the changes of rows that follow from it. */
import type { Vm, VmDesired, VmObservedState } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { portions } from './rows.ts';

interface WishedVm {
  desired: VmDesired;
  state: VmObservedState;
  reason: string | null;
  generation: number;
  settledGeneration: number | null;
}

/**
 * False also for a VM that should run and does not: running, desired once more, starts the VM again. A VM whose start is in progress
 * without a failure is as desired: otherwise a repeated request would restart the guest as soon as the guest has booted.
 */
export function isAsDesired(vm: WishedVm, desired: VmDesired): boolean {
  if (vm.desired !== desired) return false;
  const isUnderWay = vm.settledGeneration !== vm.generation && vm.reason === null;
  return desired !== 'running' || vm.state === 'running' || isUnderWay;
}

/**
 * Sets the desired state, which begins another generation of each VM. Running increases `boot`, except where the VM was only paused, or
 * may still run on a node that does not answer: the VM would be restarted when that node is back. With `reboot` those are restarted too.
 */
export async function desireVms(queries: Queries, ids: readonly Vm['id'][], desired: VmDesired, reboot = false): Promise<void> {
  for (const part of portions(ids)) {
    if (desired === 'absent') await releaseNics(queries, part);
    await queries
      .updateTable('vms')
      .set((column) => ({
        desired,
        generation: column('generation', '+', 1),
        ...(desired === 'running' && {
          boot: reboot
            ? column('boot', '+', 1)
            : column
                .case()
                .when(
                  column.or([
                    column('desired', '=', 'paused'),
                    column.and([column('desired', '=', 'running'), column('state', '=', 'unknown')]),
                  ]),
                )
                .then(column.ref('boot'))
                .else(column('boot', '+', 1))
                .end(),
        }),
      }))
      .where('id', 'in', part)
      .execute();
  }
}

/** At once, so that the successor of an absent VM can have its addresses: ports on nodes are found by label, not by row. */
async function releaseNics(queries: Queries, vmIds: readonly string[]): Promise<void> {
  await queries.deleteFrom('nics').where('vm_id', 'in', vmIds).execute();
}
