/** Commands that begin a task: they return at once with a hint, or wait with --wait. */
import { type Command, Option } from 'commander';
import type { Client } from '../../client/client.ts';
import type { Task } from '../../model/task.ts';
import { duration } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { durationInWords } from '../output/quantity.ts';
import { taskSubject } from '../views/record.ts';
import { waitForTask } from './wait.ts';

export interface TaskOptions extends OutputOptions {
  wait?: true;
  /** ms. */
  timeout: number;
}

export function withTimeout(command: Command): Command {
  return command.addOption(
    new Option('--timeout <time>', 'how long to wait, such as 90s or 5m').argParser(duration).default(300_000, '5m'),
  );
}

export function withWait(command: Command): Command {
  return withTimeout(withOutput(command).option('--wait', 'wait until it is done, and show the progress'));
}

/** Begins a task, waits for it on request, and reports its result. */
export async function runTask(context: CliContext, options: TaskOptions, begin: (client: Client) => Promise<Task>): Promise<void> {
  const client = await context.client();
  const { sequence } = await client.events.latest();
  const task = await begin(client);
  const shown = options.wait ? await waitForTask(context, task, { after: sequence, timeout: options.timeout }) : task;
  await context.show(options.output, shown, taskInWords);
}

/** One line: the begun task and how to see it, or its result. */
export function taskInWords(task: Task): string {
  const what = `${task.kind} of ${taskSubject(task)}`;
  if (task.state === 'running') return `${what} is under way; \`croft task wait ${task.id}\` waits for its end`;
  return `${what} is ${task.state} after ${durationInWords((task.endedAt ?? task.createdAt) - task.createdAt)}`;
}
