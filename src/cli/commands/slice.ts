/** `croft slice`: from a file to running VMs and back. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { exitCodes } from '../exit-codes.ts';
import { askOnTerminal, readInput } from '../input.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { runTask, type TaskOptions, withWait } from '../progress/run-task.ts';
import { planText, sliceDetails, sliceTable } from '../views/slice.ts';
import { registerSliceApply } from './slice-apply.ts';

export function registerSlice(slice: Command, context: CliContext): void {
  registerSliceApply(slice.command('apply'), context);
  registerPlan(slice.command('plan'), context);

  withExamples(withOutput(slice.command('ls').description('list the slices')), 'croft slice ls', 'croft slice ls -o json').action(
    async ({ output }: OutputOptions) => {
      const client = await context.client();
      await context.showReadable(output, 'slice', client.slices.list, (slices) => sliceTable(slices, context.view()));
    },
  );
  withExamples(
    withOutput(slice.command('show').argument('<slice>').description('show a slice with its networks and VMs')),
    'croft slice show hello',
  ).action(async (name: string, { output }: OutputOptions) => {
    const client = await context.client();
    await context.showReadable(
      output,
      'VM',
      (missing) => client.slices.get(name, missing),
      (found) => sliceDetails(found, context.view()),
    );
  });
  withExamples(
    withWait(slice.command('start').argument('<slice>').description('start all VMs of a slice')),
    'croft slice start hello --wait',
  ).action((name: string, options: TaskOptions) => runTask(context, options, (client) => client.slices.start(name)));
  withExamples(
    withWait(slice.command('stop').argument('<slice>').description('stop all VMs of a slice; their disks stay')),
    'croft slice stop hello --wait',
  ).action((name: string, options: TaskOptions) => runTask(context, options, (client) => client.slices.stop(name)));
  withExamples(
    withWait(slice.command('rm').argument('<slice>').description('remove a slice with its VMs and their disks')).option(
      '-y, --yes',
      'do not ask',
    ),
    'croft slice rm hello --wait',
    'croft slice rm hello --yes',
  ).action(async (name: string, options: TaskOptions & { yes?: true }) => {
    if (!options.yes) await askOnTerminal(context, `Remove slice ${name} with all its VMs and their disks?`);
    await runTask(context, options, (client) => client.slices.remove(name));
  });
  withExamples(
    slice.command('export').argument('<slice>').description('print a slice as a slice file (YAML)'),
    'croft slice export hello > hello.yaml',
  ).action(async (name: string) => {
    const client = await context.client();
    context.print(await client.slices.export(name));
  });
}

function registerPlan(plan: Command, context: CliContext): void {
  plan
    .description('show what apply would change')
    .requiredOption('-f, --file <file>', 'the slice file, - for standard input')
    .option('--owner <owner>', 'whose slice it is, where it is not your own');
  withExamples(
    withOutput(plan),
    'croft slice plan -f examples/hello.yaml',
    'croft slice export hello | sed s/small/medium/ | croft slice plan -f -',
  );
  plan.action(async ({ file, output, owner }: OutputOptions & { file: string; owner?: string }) => {
    const text = await readInput(context, file);
    const client = await context.client();
    const planned = await client.slices.plan({ text }, owner);
    await context.show(output, planned, (found) => planText(found, context.view()));
    if (planned.refusals.length > 0) context.exitCode = exitCodes.refused.code;
  });
}
