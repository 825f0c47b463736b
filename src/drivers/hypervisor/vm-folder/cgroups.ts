/**
 * The control groups of VMs: what one may take of its node's memory, and how the node's processors are shared where all want
 * them.
 */
import { readScript } from '../../../host/script.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { gibibyte } from '../../../model/vm/flavor.ts';
import type { NodeLayout } from '../driver.ts';

/** QEMU's own memory, its caches of the disks' tables and its translated code beside the guest's memory: never too little. */
const overhead = gibibyte / 2;
const overheadShare = 1 / 8;

/** Bytes that a VM may take of its node's memory whose guest may take so many. */
export function memoryLimit(guest: number): number {
  return Math.ceil(guest * (1 + overheadShare)) + overhead;
}

/**
 * What a VM's groups are made from, as arguments of make_groups in scripts/groups.sh behind the root of all groups and the list of one's own. `memory`
 * is what it begins with, in bytes.
 */
export function groupArguments({ controllerId }: NodeLayout, vm: VmLaunch, memory: number): string[] {
  return [groupName(controllerId), vm.id, String(memoryLimit(memory)), String(vm.cpus)];
}

export function groupName(controllerId: string): string {
  return `croft-${controllerId}`;
}

/** Where every Linux has them, and which of them one is in. */
export const groupPlaces = ['/sys/fs/cgroup', '/proc/self/cgroup'] as const;

export const weighGroups = readScript(import.meta.url, 'scripts/weigh-groups.sh');

export const dropGroups = readScript(import.meta.url, 'scripts/drop-groups.sh');
