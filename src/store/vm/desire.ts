/** What is desired of VMs, and how that changes their rows. */
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
 * False also for a VM that shall run and does not: to want it once more starts it again. One whose start is under way, with
 * nothing gone wrong, is as desired: a request that is repeated would else restart its guest as soon as it has come up.
 */
export function isAsDesired(vm: WishedVm, desired: VmDesired): boolean {
  if (vm.desired !== desired) return false;
  const isUnderWay = vm.settledGeneration !== vm.generation && vm.reason === null;
  return desired !== 'running' || vm.state === 'running' || isUnderWay;
}

/**
 * Sets what is desired, which is another generation of each VM. Running grows `boot`, but where the VM was only held still, or
 * may well run on a node that cannot be asked: it would be started anew when that is back. With `anew` there too.
 */
export async function desireVms(queries: Queries, ids: readonly Vm['id'][], desired: VmDesired, anew = false): Promise<void> {
  for (const part of portions(ids)) {
    if (desired === 'absent') await releaseNics(queries, part);
    await queries
      .updateTable('vms')
      .set((column) => ({
        desired,
        generation: column('generation', '+', 1),
        ...(desired === 'running' && {
          boot: anew
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

/** At once, so that what takes the place of an absent VM can have its addresses: ports on nodes are found by label, not by row. */
async function releaseNics(queries: Queries, vmIds: readonly string[]): Promise<void> {
  await queries.deleteFrom('nics').where('vm_id', 'in', vmIds).execute();
}
