/** What is asked of single VMs: committed as desired state, recorded as a task and an event, and made known to the loops. */
import type { Task } from '../../model/task.ts';
import type { Vm } from '../../model/vm.ts';
import type { Store } from '../../store/store.ts';
import type { ApiDependencies } from '../dependencies.ts';

export type VmRequest = 'start' | 'stop' | 'restart' | 'remove';

const requests = {
  start: { commit: (vms, slice, name) => vms.desire(slice, name, 'running'), done: 'started' },
  stop: { commit: (vms, slice, name) => vms.desire(slice, name, 'stopped'), done: 'stopped' },
  restart: { commit: (vms, slice, name) => vms.reboot(slice, name), done: 'started anew' },
  remove: { commit: (vms, slice, name) => vms.desire(slice, name, 'absent'), done: 'removed' },
} as const satisfies Record<VmRequest, { commit(vms: Store['vms'], slice: string, name: string): Promise<Vm>; done: string }>;

/** Rejects with `not-found`, and with `conflict.in-use` for a VM that is being removed or that a link needs. */
export async function requestOfVm(
  { store, wake }: Pick<ApiDependencies, 'store' | 'wake'>,
  slice: string,
  name: string,
  request: VmRequest,
): Promise<Task> {
  await requests[request].commit(store.vms, slice, name);
  const { generation } = await store.slices.get(slice);
  const kind = `vm.${request}` as const;
  const task = await store.tasks.start({ kind, subject: slice, vm: name, generation });
  await store.events.append([{ kind, slice, vm: name, message: `${slice}/${name} is to be ${requests[request].done}` }]);
  wake();
  return task;
}
