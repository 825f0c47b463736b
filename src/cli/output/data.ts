/** Data for programs: JSON or YAML, in the API's own shapes. */
import { type Command, Option } from 'commander';

export const outputFormats = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface OutputOptions {
  output: OutputFormat;
}

/** Adds `-o`, which every command that prints data has. */
export function withOutput(command: Command): Command {
  return command.addOption(new Option('-o, --output <format>', 'how to print').choices(outputFormats).default('table'));
}

export async function writeData(format: 'json' | 'yaml', data: unknown): Promise<string> {
  if (format === 'json') return `${JSON.stringify(data, null, 2)}\n`;
  const { stringify } = await import('yaml');
  return stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
}
