/** `croft node drain`: VMs leave a node, and what has to stay is named. */
import type { Command } from 'commander';
import type { DrainAnswer } from '../../model/operations.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type TaskOptions, withWait } from '../progress/run-task.ts';
import { waitForTask } from '../progress/wait.ts';
import { drainText } from '../views/drain.ts';

export function registerNodeDrain(drain: Command, context: CliContext): void {
  withWait(drain.argument('<node>').description('put nothing new on a node, and move away what can move'));
  withExamples(drain, 'croft node drain n1', 'croft node drain n1 --wait --timeout 1h');
  drain.action(async (name: string, options: TaskOptions) => {
    const client = await context.client();
    const { sequence } = await client.events.latest();
    const begun = await client.nodes.drain(name);
    await context.show(options.output, options.wait ? await waitForEnd(context, begun, sequence, options.timeout) : begun, drainText);
  });
}

/** What stays is asked for again at the end: reasons change while others leave. */
async function waitForEnd(context: CliContext, { task, vms }: DrainAnswer, after: number, timeout: number): Promise<DrainAnswer> {
  const client = await context.client();
  const ended = await waitForTask(context, task, { after, timeout });
  const [node, staying] = await Promise.all([client.nodes.get(task.subject), client.vms.list({ node: task.subject })]);
  const left = new Map(staying.map((vm) => [`${vm.slice}/${vm.name}`, vm.stayReason]));
  return {
    node,
    task: ended,
    vms: [
      ...vms.filter(({ vm }) => !left.has(vm)),
      ...[...left].map(([vm, stayReason]) => ({ vm, movingTo: null, stayReason: stayReason ?? 'it is being removed' })),
    ],
  };
}
