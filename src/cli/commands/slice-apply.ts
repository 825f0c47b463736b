/** `croft slice apply`: shows the changes, asks where VMs are lost, and applies the changes. */
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import type { PlanAnswer } from '../../model/operations.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { confirm, readInput } from '../input.ts';
import { type TaskOptions, taskInWords, withWait } from '../progress/run-task.ts';
import { waitForTask } from '../progress/wait.ts';
import { planText } from '../views/slice.ts';

interface ApplySliceOptions extends TaskOptions {
  file: string;
  yes?: true;
  allowRecreate?: true;
  owner?: string;
}

export function registerSliceApply(apply: Command, context: CliContext): void {
  apply
    .description('make a slice as its file says, changing only what differs')
    .requiredOption('-f, --file <file>', 'the slice file, - for standard input')
    .option('-y, --yes', 'do not ask before VMs or volumes are removed')
    .option('--owner <owner>', 'whose slice it is, where it is not your own')
    .option('--allow-recreate', 'allow VMs to be recreated where the change needs it; their disks are lost');
  withExamples(
    withWait(apply),
    'croft slice apply -f examples/hello.yaml --wait',
    'croft slice apply -f hello.yaml --yes --allow-recreate',
  );
  apply.action((options: ApplySliceOptions) => applySlice(context, options));
}

async function applySlice(context: CliContext, options: ApplySliceOptions): Promise<void> {
  const { output, yes, allowRecreate = false, owner } = options;
  const text = await readInput(context, options.file);
  const client = await context.client();
  const plan = await client.slices.plan({ text }, owner);
  if (output === 'table') context.print(planText(plan, context.view()));
  const volumesGo = await permitLosses(context, plan, { yes: yes ?? false, allowRecreate });
  const { sequence } = await client.events.latest();
  const permitted = { allowRecreate: allowRecreate || volumesGo, against: plan.against };
  const applied = await client.slices.apply({ text }, { ...permitted, ...(owner !== undefined && { owner }) });
  const waits = options.wait && applied.task !== null;
  const task =
    waits && applied.task ? await waitForTask(context, applied.task, { after: sequence, timeout: options.timeout }) : applied.task;
  await context.show(output, { ...applied, task }, () => (task === null ? '' : taskInWords(task)));
}

/** Resolves to whether volumes of VMs that stay lose their data, once all losses were permitted. */
async function permitLosses(context: CliContext, plan: PlanAnswer, given: { yes: boolean; allowRecreate: boolean }): Promise<boolean> {
  const named = (kind: PlanAnswer['vms'][number]['kind']): string[] => plan.vms.flatMap((vm) => (vm.kind === kind ? [vm.name] : []));
  const recreated = named('recreate');
  const disks = [...named('remove'), ...recreated];
  const volumes = plan.vms.flatMap(({ kind, name, changes }) =>
    kind === 'restart' || kind === 'update' ? changes.flatMap(({ from, loses }) => (loses === undefined ? [] : [`${name} (${from})`])) : [],
  );
  if (recreated.length > 0 && !given.allowRecreate) {
    throw new CroftError('conflict.confirm', `the change recreates ${recreated.join(', ')}, and the data on their disks is lost`, {
      hint: 'add --allow-recreate if that is wanted',
    });
  }
  const lost = [
    ...(disks.length > 0 ? [`the ${disks.length === 1 ? 'disk' : 'disks'} of ${disks.join(', ')}`] : []),
    ...(volumes.length > 0 ? [`the ${volumes.length === 1 ? 'volume' : 'volumes'} of ${volumes.join(', ')}`] : []),
  ];
  if (lost.length > 0 && !given.yes) await confirm(context, `What is on ${lost.join(' and on ')} will be lost. Go on?`, '--yes');
  return volumes.length > 0;
}
