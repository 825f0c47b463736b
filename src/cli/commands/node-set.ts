/** `croft node set`: the pool and the labels of a node, by which VMs may ask for it. */
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import { labelList, several } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { nodeDetails } from '../views/node.ts';

interface NodeSetOptions extends OutputOptions {
  pool?: string;
  label?: Record<string, string>;
  unlabel?: string[];
}

export function registerNodeSet(set: Command, context: CliContext): void {
  withOutput(set.description('change the pool and the labels of a node; VMs that are there stay').argument('<node>'))
    .option('--pool <name>', 'the pool that it is in')
    .option('--label <name=value>', 'sets a label; may be given several times', labelList)
    .option('--unlabel <name>', 'removes a label; may be given several times', several);
  withExamples(set, 'croft node set n1 --pool fast', 'croft node set n1 --label disk=ssd --unlabel rack');
  set.action(async (name: string, { output, pool, label = {}, unlabel = [] }: NodeSetOptions) => {
    const labels: Record<string, string | null> = { ...label, ...Object.fromEntries(unlabel.map((removed) => [removed, null])) };
    if (pool === undefined && Object.keys(labels).length === 0) {
      throw new CroftError('input.invalid', `nothing is said to change of node ${name}`, { hint: 'add --pool, --label or --unlabel' });
    }
    const client = await context.client();
    const edited = await client.nodes.edit(name, { ...(pool !== undefined && { pool }), labels });
    await context.show(output, edited, (node) => nodeDetails(node, context.view()));
  });
}
