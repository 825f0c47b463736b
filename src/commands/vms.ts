/** Commands on single VMs: desired state, task and event in one commit, then a notification of the loops. */
import { CroftError } from '../model/error.ts';
import type { Task } from '../model/task.ts';
import { unsupported } from '../model/vm/unsupported.ts';
import type { Vm } from '../model/vm/vm.ts';
import type { Commit } from '../store/store.ts';
import type { CommandContext } from './context.ts';
import type { CommandDependencies } from './dependencies.ts';

export type VmRequest = 'start' | 'stop' | 'restart' | 'pause' | 'resume' | 'remove';

const requests = {
  start: { commit: (vms, slice, name) => vms.desire(slice, name, 'running'), done: 'started' },
  stop: { commit: (vms, slice, name) => vms.desire(slice, name, 'stopped'), done: 'stopped' },
  restart: { commit: (vms, slice, name) => vms.reboot(slice, name), done: 'restarted' },
  pause: { commit: (vms, slice, name) => vms.desire(slice, name, 'paused'), done: 'paused' },
  resume: { commit: (vms, slice, name) => vms.desire(slice, name, 'running'), done: 'resumed' },
  remove: { commit: (vms, slice, name) => vms.desire(slice, name, 'absent'), done: 'removed' },
} as const satisfies Record<VmRequest, { commit(vms: Commit['vms'], slice: string, name: string): Promise<Vm>; done: string }>;

/**
 * Rejects with `not-found`, and with `conflict.in-use` for a VM that is being removed or that a link needs; operations on a running guest
 * also with `vm.not-running`, `node.unreachable` and `unsupported`.
 */
export async function requestOfVm(
  { principal, store, wake, abilitiesOf }: CommandContext<Pick<CommandDependencies, 'store' | 'wake' | 'abilitiesOf'>>,
  slice: string,
  name: string,
  request: VmRequest,
): Promise<Task> {
  if (request === 'pause' || request === 'resume') await refuseHold({ store, abilitiesOf }, slice, name);
  const kind = `vm.${request}` as const;
  const task = await store.commit(principal, async ({ vms, slices, tasks, events }) => {
    await requests[request].commit(vms, slice, name);
    const { generation } = await slices.get(slice);
    const started = await tasks.start({ kind, subject: slice, vm: name, generation });
    const message = `${slice}/${name} is to be ${requests[request].done}`;
    await events.append([{ kind, slice, vm: name, message, data: { task: started.id, generation } }]);
    return started;
  });
  wake();
  return task;
}

/** Only a running guest, on a hypervisor with this capability, can be paused or resumed. */
async function refuseHold(
  { store, abilitiesOf }: Pick<CommandDependencies, 'store' | 'abilitiesOf'>,
  slice: string,
  name: string,
): Promise<void> {
  const { nodeId, observed } = await store.vms.get(slice, name);
  const node = (await store.nodes.list()).find(({ id }) => id === nodeId);
  if (node !== undefined && observed.state === 'unknown') {
    throw new CroftError(
      'node.unreachable',
      `VM ${slice}/${name} cannot be asked: ${observed.reason ?? `node ${node.config.name} is away`}`,
      {
        node: node.config.name,
        hint: `See \`croft node show ${node.config.name}\`.`,
      },
    );
  }
  if (node === undefined || (observed.state !== 'running' && observed.state !== 'paused')) {
    throw new CroftError('vm.not-running', `VM ${slice}/${name} does not run`, { hint: 'Start it first.' });
  }
  const { name: nodeName, hypervisor } = node.config;
  if (!abilitiesOf(hypervisor).has('pause')) throw unsupported(hypervisor, 'pause', nodeName);
}
