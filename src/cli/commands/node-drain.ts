/** `croft node drain`: VMs leave a node, and VMs that have to stay are named. */
import type { Command } from 'commander';
import type { DrainAnswer } from '../../model/operations.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { exitCodes } from '../exit-codes.ts';
import { type TaskOptions, withWait } from '../progress/run-task.ts';
import { waitForTask } from '../progress/wait.ts';
import { drainText } from '../views/drain.ts';

export function registerNodeDrain(drain: Command, context: CliContext): void {
  withWait(drain.argument('<node>').description('place nothing new on a node, and move its VMs away'));
  withExamples(drain, 'croft node drain n1', 'croft node drain n1 --wait --timeout 1h');
  drain.action(async (name: string, options: TaskOptions) => {
    const client = await context.client();
    const { sequence } = await client.events.latest();
    const begun = await client.nodes.drain(name);
    const answer = options.wait ? await waitForEnd(context, begun, sequence, options.timeout) : begun;
    await context.show(options.output, answer, drainText);
    if (options.wait && answer.vms.some(({ stayReason }) => stayReason !== null)) context.exitCode = exitCodes.failed.code;
  });
}

/** The fate of each VM is read at the end: reasons and targets change while others leave. */
async function waitForEnd(context: CliContext, { task, vms }: DrainAnswer, after: number, timeout: number): Promise<DrainAnswer> {
  const client = await context.client();
  const ended = await waitForTask(context, task, { after, timeout });
  const [node, all] = await Promise.all([client.nodes.get(task.subject), client.vms.list()]);
  const concerned = new Set(vms.map(({ vm }) => vm));
  const now = all.map((vm) => ({ ...vm, label: `${vm.slice}/${vm.name}`, isHere: vm.node === task.subject }));
  return {
    node,
    task: ended,
    vms: now
      .filter(({ label, isHere }) => isHere || concerned.has(label))
      .map(({ label, isHere, node: place, stayReason }) =>
        isHere
          ? { vm: label, movingTo: null, stayReason: stayReason ?? 'it is being removed' }
          : { vm: label, movingTo: place, stayReason: null },
      ),
  };
}
