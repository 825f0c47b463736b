/** Creates and starts a VM's domain. */

import { run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { planHash } from '../../../model/node/plan.ts';
import { virshFailure } from '../../../tools/virsh.ts';
import type { NodeAbilities, VmWithLaunch } from '../driver.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { runningForm } from '../vm-folder/launch-record.ts';
import type { Machine } from '../vm-folder/machine.ts';
import { type DomainReach, domainArguments } from './control.ts';
import { domainOf } from './domain.ts';
import { domainName } from './identity.ts';
import { groupRoot, limitsOf } from './limits.ts';
import { foreignDomain, lostNetwork, startDomain } from './scripts.ts';
import { writeXml } from './xml.ts';

export interface DomainStart extends Omit<DomainReach, 'vm'> {
  abilities: NodeAbilities;
  vm: VmWithLaunch;
}

/** See `NodeHypervisor.start`. With `paused` its guest does not run yet, in a machine of the given configuration. One round trip. */
export async function startVm(start: DomainStart, paused?: { machine: Machine | null }): Promise<void> {
  const { host, layout, abilities, vm, options } = start;
  const { launch, label } = vm;
  const folders = vmFolders(layout, vm.id);
  const domain = domainOf(layout, launch, abilities, label, options, paused?.machine);
  const { groupId } = await host.login();
  const memory = paused?.machine?.memory ?? launch.memory;
  const result = await run(host, {
    argv: [
      ...(['sh', '-c', startDomain, 'croft-start', ...domainArguments(start)] as const),
      ...[folders.state, folders.run, String(vmUserId(vm.id)), processName(vm.id), String(groupId)],
      ...[planHash(launch), String(memory), options.network ?? '', abilities.accelerator.kind, paused === undefined ? '' : '--paused'],
      ...[groupRoot, ...limitsOf(launch.cpus, memory)],
    ],
    stdin: `${runningForm.write(launch)}\n${writeXml(domain)}`,
    timeout: 300_000,
  });
  if (result.code === 0) return;
  const what = `${label} could not be started on ${host.name}`;
  if (result.code === foreignDomain) {
    throw new CroftError('vm.launch', `${what}: libvirt has a domain ${domainName(vm.id)} that is not this controller's`, {
      node: host.name,
      hint: `If nobody needs it, remove it on ${host.name}: virsh undefine ${domainName(vm.id)}`,
    });
  }
  if (result.code === lostNetwork) {
    throw new CroftError('node.unfit', `${what}: libvirt's network ${options.network} does not start: ${result.stderr.trim()}`, {
      node: host.name,
      hint: `Define it on ${host.name} with \`virsh net-define\`, or take it out of the node's configuration.`,
    });
  }
  const failure = virshFailure(host.name, what, result);
  if (failure.code !== 'command.failed') throw failure;
  throw new CroftError('vm.launch', failure.message, {
    node: host.name,
    hint: `What QEMU said itself is in /var/log/libvirt/qemu/${domainName(vm.id)}.log on ${host.name}.`,
  });
}
