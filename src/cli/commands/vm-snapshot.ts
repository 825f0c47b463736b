/** `croft vm snapshot` and related commands: states to which a VM can be restored. */
import type { Command } from 'commander';
import { type VmName, vmName } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { askOnTerminal } from '../input.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { snapshotTable } from '../views/snapshot.ts';

export function registerVmSnapshots(vm: Command, context: CliContext): void {
  const oneVm = (name: string, description: string): Command =>
    vm.command(name).description(description).argument('<vm>', 'SLICE/VM', vmName);
  withExamples(withOutput(oneVm('snapshots', 'list the snapshots of a VM')), 'croft vm snapshots hello/web').action(
    async ({ slice, vm: name }: VmName, { output }: OutputOptions) => {
      const client = await context.client();
      await context.show(output, await client.vms.snapshots(slice, name), (found) => snapshotTable(found, context.view()));
    },
  );
  withExamples(
    oneVm('snapshot', 'make a snapshot of the disks of a VM')
      .argument('<name>')
      .option('--memory', 'with the memory of its guest, which runs'),
    'croft vm snapshot hello/web before-upgrade',
    'croft vm snapshot hello/web now --memory',
  ).action(async ({ slice, vm: name }: VmName, snapshot: string, { memory }: { memory?: true }) => {
    const client = await context.client();
    await client.vms.snapshot(slice, name, snapshot, memory ?? false);
    context.print(`made snapshot ${snapshot} of ${slice}/${name}`);
  });
  withExamples(
    oneVm('revert', 'revert a VM to a snapshot').argument('<name>').option('-y, --yes', 'do not ask'),
    'croft vm revert hello/web before-upgrade',
  ).action(async ({ slice, vm: name }: VmName, snapshot: string, { yes }: { yes?: true }) => {
    if (!yes) await askOnTerminal(context, `Put ${slice}/${name} back to snapshot ${snapshot}? What was written since is lost.`);
    const client = await context.client();
    await client.vms.revert(slice, name, snapshot);
    context.print(`${slice}/${name} is again as in snapshot ${snapshot}`);
  });
  withExamples(
    oneVm('snapshot-rm', 'remove a snapshot; the VM stays as it is').argument('<name>'),
    'croft vm snapshot-rm hello/web before-upgrade',
  ).action(async ({ slice, vm: name }: VmName, snapshot: string) => {
    const client = await context.client();
    await client.vms.removeSnapshot(slice, name, snapshot);
    context.print(`removed snapshot ${snapshot} of ${slice}/${name}`);
  });
}
