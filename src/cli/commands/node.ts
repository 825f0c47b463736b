/** `croft node`: the machines that VMs run on. */
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { exitCodes } from '../exit-codes.ts';
import { askOnTerminal } from '../input.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { counted } from '../output/quantity.ts';
import { doctorText, isHealthy } from '../views/doctor.ts';
import { nodeDetails, nodeTable } from '../views/node.ts';
import { registerNodeAdd } from './node-add.ts';
import { registerNodeDrain } from './node-drain.ts';
import { registerNodeExec } from './node-exec.ts';
import { registerNodeSet } from './node-set.ts';

export function registerNode(node: Command, context: CliContext): void {
  registerNodeAdd(node.command('add'), context);
  withExamples(
    withOutput(node.command('ls').description('list the nodes with their capacity and what VMs were promised')),
    'croft node ls',
  ).action(async ({ output }: OutputOptions) => {
    const client = await context.client();
    await context.showReadable(output, 'node', client.nodes.list, (nodes) => nodeTable(nodes, context.view()));
  });
  withExamples(oneNode(node.command('show').description('show a node: its state, hardware and programs')), 'croft node show n1').action(
    async (name: string, { output }: OutputOptions) => {
      const client = await context.client();
      await context.show(output, await client.nodes.get(name), (found) => nodeDetails(found, context.view()));
    },
  );
  withExamples(
    oneNode(node.command('doctor').description('check what a node needs, and install what is missing')).option(
      '--fix',
      'install what is missing (Debian, Ubuntu, Alpine)',
    ),
    'croft node doctor n1',
    'croft node doctor n1 --fix',
  ).action(async (name: string, { output, fix }: OutputOptions & { fix?: true }) => {
    const client = await context.client();
    const report = fix ? await client.nodes.fix(name) : await client.nodes.doctor(name);
    await context.show(output, report, (found) => doctorText(found, context.view()));
    if (!isHealthy(report)) context.exitCode = exitCodes.failed.code;
  });
  registerNodeDrain(node.command('drain'), context);
  registerAdministration(node, context);
  registerNodeSet(node.command('set'), context);
  registerRemove(node.command('rm'), context);
  registerNodeExec(node.command('exec'), context);
}

function oneNode(command: Command): Command {
  return withOutput(command.argument('<node>'));
}

function registerAdministration(node: Command, context: CliContext): void {
  const resume = oneNode(node.command('resume').description('use a drained node again, and cancel the moves away from it'));
  withExamples(resume, 'croft node resume n1').action(async (name: string, { output }: OutputOptions) => {
    const client = await context.client();
    await context.show(output, await client.nodes.resume(name), (found) => `node ${found.name} may get VMs again`);
  });
}

function registerRemove(remove: Command, context: CliContext): void {
  oneNode(remove.description('remove a node; refused while VMs are on it'))
    .option('--force', 'give up the VMs on it, also where it cannot be reached')
    .option('-y, --yes', 'do not ask');
  withExamples(remove, 'croft node rm n1', 'croft node rm n1 --force');
  remove.action(async (name: string, { output, force, yes }: OutputOptions & { force?: true; yes?: true }) => {
    const client = await context.client();
    const { vms } = await client.nodes.get(name);
    if (force && vms > 0 && !yes) await askOnTerminal(context, `Give up ${counted(vms, 'VM')} on node ${name}?`);
    const answer = await client.nodes.remove(name, { abandon: force ?? false }).catch((error: unknown) => {
      throw error instanceof CroftError && error.code === 'conflict.in-use' ? withForceHint(error) : error;
    });
    await context.show(output, answer, ({ abandoned, left }) =>
      [
        abandoned.length === 0 ? `removed node ${name}` : `removed node ${name}; given up with it: ${abandoned.join(', ')}`,
        ...(left === null ? [] : [`it could not be cleaned: ${left}`]),
      ].join('\n'),
    );
  });
}

function withForceHint(error: CroftError): CroftError {
  return new CroftError(error.code, error.message, {
    hint: error.hint ?? 'remove or move its VMs first, or give them up with --force',
    cause: error,
  });
}
