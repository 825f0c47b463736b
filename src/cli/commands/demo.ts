/** `croft demo`: from a fresh machine to a first working slice. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';

export function registerDemo(demo: Command, context: CliContext): void {
  withExamples(demo, 'croft demo').action(async () => {
    const { runDemo } = await import('../demo/demo.ts');
    await runDemo(context);
  });
}
