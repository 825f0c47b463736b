/** `croft help WORDS`: a topic or the help of a command; unknown words are an error with near names. */
import type { Command } from 'commander';
import { CroftError } from '../model/error.ts';
import { nearNames } from '../model/input/near-names.ts';
import type { CliContext } from './context.ts';
import { helpTopic, topicNames } from './help-topics.ts';
import { buildProgram } from './program.ts';

export async function showHelp(context: CliContext, words: readonly string[]): Promise<void> {
  const [first] = words;
  const topic = words.length === 1 && first !== undefined ? helpTopic(first) : null;
  if (topic !== null) return context.print(topic);
  const program = await buildProgram(context, (name) => name === first);
  commandOf(program, words, topicNames).outputHelp();
}

/**
 * The command that the words lead to; words after a command without verbs are its arguments. Throws `input.invalid` for a word that is no
 * verb. `topics` may stand in place of the first word.
 */
export function commandOf(program: Command, words: readonly string[], topics: readonly string[] = []): Command {
  let command = program;
  for (const word of words) {
    if (command.commands.length === 0) break;
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) throw unknown(command, word, command === program ? topics : []);
    command = next;
  }
  return command;
}

function unknown(command: Command, word: string, topics: readonly string[]): CroftError {
  const names = [...command.commands.map((one) => one.name()), ...topics];
  const near = nearNames(word, names);
  const isRoot = command.parent === null;
  const where = isRoot ? '' : ` of ${command.name()}`;
  const hint = near.length > 0 ? `did you mean ${near.join(', ')}?` : `\`croft ${isRoot ? '' : `${command.name()} `}--help\` lists them`;
  return new CroftError('input.invalid', `unknown ${topics.length > 0 ? 'command or topic' : 'command'} '${word}'${where}`, { hint });
}
