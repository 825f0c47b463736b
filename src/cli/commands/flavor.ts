/** `croft flavor`: the named sizes of VMs. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { flavorTable } from '../views/image.ts';

export function registerFlavor(flavor: Command, context: CliContext): void {
  withExamples(withOutput(flavor.command('ls').description('list the flavors')), 'croft flavor ls').action(
    async ({ output }: OutputOptions) => {
      const client = await context.client();
      await context.show(output, await client.flavors.list(), (flavors) => flavorTable(flavors, context.view()));
    },
  );
}
