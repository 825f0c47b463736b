/** `croft node set`: the pool and the labels of a node, by which VMs may require it, and its overcommit. */
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import { labelList, several } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { nodeDetails } from '../views/node.ts';
import { type OvercommitOptions, overcommitOf, withOvercommit } from './node-overcommit.ts';

interface NodeSetOptions extends OutputOptions, OvercommitOptions {
  pool?: string;
  label?: Record<string, string>;
  unlabel?: string[];
}

export function registerNodeSet(set: Command, context: CliContext): void {
  withOvercommit(withOutput(set.description('change the pool, labels or overcommit of a node; VMs that are there stay').argument('<node>')))
    .option('--pool <name>', 'the pool that it is in')
    .option('--label <name=value>', 'sets a label; may be given several times', labelList)
    .option('--unlabel <name>', 'removes a label; may be given several times', several);
  withExamples(
    set,
    'croft node set n1 --pool fast',
    'croft node set n1 --label disk=ssd --unlabel rack',
    'croft node set n1 --overcommit-memory 1.5',
  );
  set.action(async (name: string, { output, pool, label = {}, unlabel = [], ...options }: NodeSetOptions) => {
    const overcommit = overcommitOf(options);
    const labels: Record<string, string | null> = { ...label, ...Object.fromEntries(unlabel.map((removed) => [removed, null])) };
    if (pool === undefined && overcommit.overcommit === undefined && Object.keys(labels).length === 0) {
      throw new CroftError('input.invalid', `nothing is said to change of node ${name}`, {
        hint: 'add --pool, --label, --unlabel or --overcommit-…',
      });
    }
    const client = await context.client();
    const edited = await client.nodes.edit(name, { ...(pool !== undefined && { pool }), labels, ...overcommit });
    await context.show(output, edited, (node) => nodeDetails(node, context.view()));
  });
}
