/** Examples in the help of a command. */
import type { Command } from 'commander';

/** Adds examples to a command's help, one line each. */
export function withExamples(command: Command, ...examples: string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
}
