/** Starting a VM's QEMU. */

import { run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { planHash } from '../../../model/node/plan.ts';
import { abilitiesOf, type DriverNode, type NodeAbilities, type VmWithLaunch } from '../driver.ts';
import { groupArguments, groupPlaces } from '../vm-folder/cgroups.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { runningForm } from '../vm-folder/launch-record.ts';
import type { Machine } from '../vm-folder/machine.ts';
import { startProcess, superviseProcess } from '../vm-folder/scripts.ts';
import { qemuArguments } from './arguments.ts';

/** See `NodeHypervisor.start`. With `paused` its guest does not run yet, in a machine of the given configuration. */
export async function startVm(node: DriverNode, vm: VmWithLaunch, paused?: { machine: Machine | null }): Promise<void> {
  const { host, layout } = node;
  const { id, label, launch } = vm;
  const abilities = abilitiesOf(node);
  const folders = vmFolders(layout, id);
  const memory = paused?.machine?.memory ?? launch.memory;
  const qemu = [...qemuArguments(layout, launch, abilities, paused?.machine), ...(paused === undefined ? [] : ['-S'])];
  const { groupId } = await host.login();
  const result = await run(host, {
    argv: [
      ...(['sh', '-c', startProcess, 'croft-start', folders.state, folders.run] as const),
      ...[String(vmUserId(id)), processName(id), String(groupId)],
      ...[planHash(launch), String(memory), superviseProcess, paused === undefined ? '' : 'paused'],
      ...[...groupPlaces, ...groupArguments(layout, launch, memory)],
      ...[...unprivileged(id, abilities), ...qemu],
    ],
    stdin: runningForm.write(launch),
    timeout: 60_000,
  });
  if (result.code === 0) return;
  const words = result.stderr.trim() || `exit code ${result.code}`;
  throw new CroftError('vm.launch', `${label} could not be started on ${host.name}: ${words}`, { node: host.name });
}

/** The part of the command line that drops all privileges. Only KVM requires a group to be kept: the group of its device. */
function unprivileged(vmId: string, { accelerator }: NodeAbilities): string[] {
  const user = String(vmUserId(vmId));
  return [
    'setpriv',
    ...['--reuid', user, '--regid', user],
    ...(accelerator.kind === 'kvm' ? ['--groups', 'kvm'] : ['--clear-groups']),
    ...['--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs'],
  ];
}
