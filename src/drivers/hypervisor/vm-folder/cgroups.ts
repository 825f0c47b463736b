/** The control groups of VMs: the limit of a VM on its node's memory, and the shares of the node's processors when all VMs want them. */
import { readScript } from '../../../host/script.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { gibibyte } from '../../../model/vm/flavor.ts';
import type { NodeLayout } from '../driver.ts';

/** QEMU's own memory, its caches of the disks' tables and its translated code in addition to the guest's memory: never too little. */
const overhead = gibibyte / 2;
const overheadShare = 1 / 8;

/** The bytes of its node's memory that a VM may use, from the bytes that its guest may use. */
export function memoryLimit(guest: number): number {
  return Math.ceil(guest * (1 + overheadShare)) + overhead;
}

/**
 * The parameters of a VM's groups, as arguments of make_groups in scripts/groups.sh behind the root of all groups and the list of the
 * process's own groups. `memory` is the initial memory, in bytes.
 */
export function groupArguments({ controllerId }: NodeLayout, vm: VmLaunch, memory: number): string[] {
  return [groupName(controllerId), vm.id, String(memoryLimit(memory)), String(vm.cpus)];
}

export function groupName(controllerId: string): string {
  return `croft-${controllerId}`;
}

/** The location of control groups on every Linux, and the file that names a process's own groups. */
export const groupPlaces = ['/sys/fs/cgroup', '/proc/self/cgroup'] as const;

export const weighGroups = readScript(import.meta.url, 'scripts/weigh-groups.sh');

export const dropGroups = readScript(import.meta.url, 'scripts/drop-groups.sh');
