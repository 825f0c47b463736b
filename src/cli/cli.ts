/** The command line: words in, an exit code out; every error ends here. */
import { CommanderError } from 'commander';
import { asCroftError } from '../model/error.ts';
import { CliContext } from './context.ts';
import type { CliEnvironment } from './environment.ts';
import { errorText } from './error-text.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { Interrupted } from './interrupted.ts';
import { buildProgram } from './program.ts';

/** Runs one command and resolves with the code to exit with; never rejects. */
export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const context = new CliContext(environment);
  try {
    await run(argv, context);
    return context.exitCode;
  } catch (thrown) {
    return codeAfter(thrown, context);
  }
}

async function run(argv: readonly string[], context: CliContext): Promise<void> {
  const [first, ...rest] = argv;
  if (first === '__complete') {
    const { complete } = await import('./completion/complete.ts');
    context.print((await complete(context, rest)).join('\n'));
    return;
  }
  if (first === 'help') {
    const { showHelp } = await import('./help.ts');
    return await showHelp(context, wordsBefore(rest));
  }
  const words = argv.length === 0 ? ['--help'] : [...argv];
  const noun = words.find((word) => !word.startsWith('-'));
  const program = await buildProgram(context, (name) => name === noun);
  if (words.some((word) => word === '--help' || word === '-h')) {
    const { commandOf } = await import('./help.ts');
    commandOf(program, wordsBefore(words));
  }
  await program.parseAsync(words, { from: 'user' });
}

/** Those before the first option. */
function wordsBefore(argv: readonly string[]): string[] {
  const option = argv.findIndex((word) => word.startsWith('-'));
  return argv.slice(0, option < 0 ? argv.length : option);
}

function codeAfter(thrown: unknown, context: CliContext): number {
  const { environment, inputName, unread } = context;
  if (unread.aborted) return exitCodes.ok.code;
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code;
  if (thrown instanceof Interrupted) {
    context.say(thrown.message);
    return exitCodes.interrupted.code;
  }
  const error = asCroftError(thrown);
  environment.stderr.write(errorText(error, { inputName, debug: environment.debug }));
  return exitCodeOf(error.code);
}
