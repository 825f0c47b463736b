/** The firmware of a VM's machine: QEMU's own BIOS, or UEFI with the VM's own variables. Pure. */
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { VmFolders } from '../vm-folder/identity.ts';

/** QEMU's arguments for the machine `pc` and its firmware. */
export function machineArguments({ firmware }: VmLaunch, { firmwareCode, firmwareVariables }: VmFolders): string[] {
  if (firmware === 'bios') return ['-machine', 'pc'];
  return [
    ...['-machine', 'pc,pflash0=firmware-code,pflash1=firmware-variables'],
    ...['-blockdev', JSON.stringify(flash('firmware-code', firmwareCode, true))],
    ...['-blockdev', JSON.stringify(flash('firmware-variables', firmwareVariables, false))],
  ];
}

function flash(name: string, file: string, readOnly: boolean): object {
  const access = { 'read-only': readOnly };
  return { 'node-name': name, driver: 'raw', ...access, file: { driver: 'file', filename: file, ...access } };
}
