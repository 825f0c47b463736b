/** `croft task`: the records of long operations. */
import type { Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { runTask, type TaskOptions, withTimeout } from '../progress/run-task.ts';
import { taskDetails, taskTable } from '../views/record.ts';

export function registerTask(task: Command, context: CliContext): void {
  withExamples(
    withOutput(task.command('ls').description('list the newest tasks')).option('--limit <count>', 'how many', wholeNumber(1, 1000), 20),
    'croft task ls --limit 5',
  ).action(async ({ output, limit }: OutputOptions & { limit: number }) => {
    const client = await context.client();
    await context.show(output, await client.tasks.list(limit), (tasks) => taskTable(tasks, context.view()));
  });
  withExamples(withOutput(task.command('show').argument('<task>').description('show a task')), 'croft task show TASK').action(
    async (id: string, { output }: OutputOptions) => {
      const client = await context.client();
      await context.show(output, await client.tasks.get(id), (found) => taskDetails(found, context.view()));
    },
  );
  withExamples(
    withTimeout(withOutput(task.command('wait').argument('<task>').description('wait for the end of a task, and show its progress'))),
    'croft task wait TASK --timeout 10m',
  ).action((id: string, options: TaskOptions) => runTask(context, { ...options, wait: true }, (client) => client.tasks.get(id)));
}
