/** `croft vm`: single VMs, named SLICE/VM. */
import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { Task } from '../../model/task.ts';
import { type VmName, vmName } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { askOnTerminal } from '../input.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { runTask, type TaskOptions, withWait } from '../progress/run-task.ts';
import { vmDetails, vmTable } from '../views/vm.ts';
import { registerVmConsole } from './vm-console.ts';
import { registerVmOperations } from './vm-operations.ts';
import { registerVmSnapshots } from './vm-snapshot.ts';

export function registerVm(vm: Command, context: CliContext): void {
  withExamples(
    withOutput(vm.command('ls').description('list the VMs'))
      .option('--slice <slice>', 'only those of a slice')
      .option('--node <node>', 'only those on a node'),
    'croft vm ls',
    'croft vm ls --slice hello -o json',
  ).action(async ({ output, slice, node }: OutputOptions & { slice?: string; node?: string }) => {
    const client = await context.client();
    const filter = { ...(slice !== undefined && { slice }), ...(node !== undefined && { node }) };
    await context.showReadable(
      output,
      'VM',
      (missing) => client.vms.list(filter, missing),
      (vms) => vmTable(vms, context.view()),
    );
  });
  withExamples(withOutput(oneVm(vm.command('show')).description('show a VM with its addresses')), 'croft vm show hello/web').action(
    async (name: VmName, { output }: OutputOptions) => {
      const client = await context.client();
      await context.show(output, await client.vms.get(name.slice, name.vm), (found) => vmDetails(found, context.view()));
    },
  );
  registerVmConsole(oneVm(vm.command('console')), context);
  registerVmSnapshots(vm, context);
  registerVmOperations(vm, context);
  for (const verb of ['start', 'stop', 'restart', 'pause', 'resume'] as const) {
    withExamples(withWait(oneVm(vm.command(verb)).description(changes[verb])), `croft vm ${verb} hello/web --wait`).action(
      (name: VmName, options: TaskOptions) => runTask(context, options, change(verb, name)),
    );
  }
  withExamples(
    withWait(oneVm(vm.command('rm')).description('remove a VM with its disk from its slice')).option('-y, --yes', 'do not ask'),
    'croft vm rm hello/web --wait',
  ).action(async (name: VmName, options: TaskOptions & { yes?: true }) => {
    if (!options.yes) await askOnTerminal(context, `Remove VM ${name.slice}/${name.vm} with its disk?`);
    await runTask(context, options, change('remove', name));
  });
}

const changes = {
  start: 'start a VM',
  stop: 'stop a VM: asked to power down first, ended if it does not',
  restart: 'stop a VM and start it again',
  pause: 'pause the guest of a VM',
  resume: 'resume the paused guest of a VM',
} as const;

function oneVm(command: Command): Command {
  return command.argument('<vm>', 'SLICE/VM', vmName);
}

function change(verb: keyof typeof changes | 'remove', { slice, vm }: VmName): (client: Client) => Promise<Task> {
  return (client) => client.vms[verb](slice, vm);
}
