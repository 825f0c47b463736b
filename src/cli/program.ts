/** The tree of commands: every noun with its summary, and the requested nouns in full. */
import { Command } from 'commander';
import type { CliContext } from './context.ts';
import { nouns } from './nouns.ts';

const widestHelp = 100;

/** `wanted` says which nouns are loaded with their verbs and options; the others are only named in the help. */
export async function buildProgram(context: CliContext, wanted: (noun: string) => boolean): Promise<Command> {
  const program = rootCommand(context);
  for (const { name, summary, group, load } of nouns) {
    const command = program.command(name).description(summary).helpGroup(group).helpCommand(false);
    if (wanted(name)) (await load())(command, context);
  }
  program.command('help').argument('[words...]').description('explain a command, or a topic: exit-codes, environment').helpGroup('More:');
  return program;
}

function rootCommand(context: CliContext): Command {
  const { environment } = context;
  return new Command('croft')
    .description('Turns a few plain Linux machines into a private VM cloud.')
    .version(`croft ${environment.version}`, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ helpWidth: Math.min(environment.width, widestHelp) })
    .configureOutput({
      writeOut: (text) => context.print(text),
      writeErr: (text) => void environment.stderr.write(text),
      outputError: (text) => void environment.stderr.write(usageText(text)),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      '\nStart with `croft demo`. `croft NOUN --help` lists the verbs of a noun; `croft help exit-codes` is about scripts.',
    );
}

/** Commander's `error: …` and its suggestion in the form of every other error. */
export function usageText(text: string): string {
  const [, what = text, suggestion] = /^error: (.*?)\n?(?:\(Did you mean (.*?)\??\))?\n*$/s.exec(text) ?? [];
  const hint = suggestion === undefined ? 'add --help to see what is understood' : `did you mean ${suggestion.replace(/^one of /, '')}?`;
  return `croft: ${what.trim()}\nhint: ${hint}\n`;
}
