/** The candidates for the last word: from the tree of commands, and names from the controller where one answers. */
import type { Argument, Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { CliContext } from '../context.ts';
import { buildProgram } from '../program.ts';

/** Candidates that begin with the last of `words`; none where nothing fits or the controller does not answer. */
export async function complete(context: CliContext, words: readonly string[]): Promise<string[]> {
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const program = await buildProgram(context, (noun) => noun === before[0]);
  const { command, operands, pending } = follow(program, before);
  if (pending !== null) return startingWith(last, pending.choices ?? (await namesOf(context, pending.name)));
  if (last.startsWith('-')) return startingWith(last, optionsOf(command));
  if (command.commands.length > 0 && operands > 0) return [];
  if (command.commands.length > 0)
    return startingWith(
      last,
      command.commands.map((child) => child.name()),
    );
  const argument = argumentAt(command, operands);
  if (argument === undefined) return [];
  return startingWith(last, argument.argChoices ?? (await namesOf(context, argument.name())));
}

interface Place {
  command: Command;
  /** Operands of the command so far. */
  operands: number;
  /** The option whose value is being written. */
  pending: { name: string; choices: string[] | undefined } | null;
}

function follow(program: Command, words: readonly string[]): Place {
  const place: Place = { command: program, operands: 0, pending: null };
  for (const word of words) {
    if (place.pending !== null) {
      place.pending = null;
      continue;
    }
    if (word.startsWith('-')) {
      const option = place.command.options.find(({ short, long }) => word === short || word === long);
      if (option?.required) place.pending = { name: option.attributeName(), choices: option.argChoices };
      continue;
    }
    const child = place.operands === 0 ? place.command.commands.find((command) => command.name() === word) : undefined;
    if (child === undefined) place.operands += 1;
    else place.command = child;
  }
  return place;
}

function argumentAt(command: Command, position: number): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return command.registeredArguments[position] ?? (last?.variadic ? last : undefined);
}

function optionsOf(command: Command): string[] {
  return [...command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : [])), '--help'];
}

function startingWith(beginning: string, candidates: readonly string[]): string[] {
  return candidates.filter((candidate) => candidate.startsWith(beginning));
}

/** The kind of names that an argument or option takes, by its own name. */
const sources: Readonly<Record<string, (client: Client) => Promise<string[]>>> = {
  node: async (client) => (await client.nodes.list()).map(({ name }) => name),
  slice: async (client) => (await client.slices.list()).map(({ name }) => name),
  vm: async (client) => (await client.vms.list()).map(({ slice, name }) => `${slice}/${name}`),
  image: async (client) => (await client.images.list()).map(({ name }) => name),
  task: async (client) => (await client.tasks.list(20)).map(({ id }) => id),
};

async function namesOf(context: CliContext, kind: string): Promise<string[]> {
  const source = Object.hasOwn(sources, kind) ? sources[kind] : undefined;
  if (source === undefined) return [];
  // Completion must print no error in the middle of the line.
  return await context
    .client()
    .then(source)
    .catch(() => []);
}
