/** What the command line says to the commands of a VM's life, whatever hypervisor its node has. */
import assert from 'node:assert/strict';
import type { Outcome } from '../support/fake-environment.ts';

/** In an order in which they can be asked for; VM stands for the VM, TIME for any time. */
export const vmCommands = {
  'vm pause VM --wait': 'vm.pause of VM is done after TIME',
  'vm resume VM --wait': 'vm.resume of VM is done after TIME',
  'vm snapshot VM first': 'made snapshot first of VM',
  'vm revert VM first --yes': 'VM is again as in snapshot first',
  'vm snapshot VM now --memory': 'made snapshot now of VM',
  'vm revert VM now --yes': 'VM is again as in snapshot now',
  'vm snapshots VM': 'SNAPSHOT OF AGE\nfirst disks TIME\nnow disks and memory TIME',
  'vm snapshot-rm VM first': 'removed snapshot first of VM',
  'vm snapshot-rm VM now': 'removed snapshot now of VM',
  'vm reboot VM --hard': 'VM was reset',
  'vm stop VM --wait': 'vm.stop of VM is done after TIME',
  'vm start VM --wait': 'vm.start of VM is done after TIME',
  'vm restart VM --wait': 'vm.restart of VM is done after TIME',
} as const;
export type VmCommand = keyof typeof vmCommands;

/** `vm` as SLICE/VM; `croft` runs a command line to its end. */
export async function sayAsAny(command: VmCommand, vm: string, croft: (words: string[]) => Promise<Outcome>): Promise<void> {
  const { code, stdout, stderr } = await croft(command.replace('VM', vm).split(' '));
  assert.equal(code, 0, `${command}: ${stderr}`);
  const said = stdout
    .replaceAll(vm, 'VM')
    .replaceAll(/\d+(\.\d+)? ?(ms|s|m|min)\b/g, 'TIME')
    .replaceAll(/ +/g, ' ');
  assert.equal(said.trim(), vmCommands[command], command);
}
