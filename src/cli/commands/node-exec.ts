/** `croft node exec`: a program or a script on a node, for administrators; its exit code becomes that of croft. */
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import type { ExecInput } from '../../model/operations.ts';
import { duration } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { readInput } from '../input.ts';

interface ExecOptions {
  script?: string;
  /** ms. */
  timeout: number;
}

export function registerNodeExec(exec: Command, context: CliContext): void {
  exec
    .description('run a program or a script as root on a node; it is recorded')
    .argument('<node>')
    .argument('[command...]', 'after --: the program with its arguments, or the arguments of the script')
    .option('--script <file>', 'a script for /bin/sh, - for standard input')
    .option('--timeout <time>', 'how long it may take, at most 4m', duration, 30_000);
  withExamples(exec, 'croft node exec n1 -- uname -r', 'croft node exec n1 --script check.sh -- --all');
  exec.action(async (node: string, words: string[], { script, timeout }: ExecOptions) => {
    const request = await requestOf(context, words, script, timeout);
    const client = await context.client();
    const { code, stdout, stderr } = await client.nodes.exec(node, request);
    context.environment.stdout.write(stdout);
    context.environment.stderr.write(stderr);
    context.exitCode = code;
  });
}

async function requestOf(context: CliContext, words: string[], script: string | undefined, timeout: number): Promise<ExecInput> {
  if (script !== undefined) return { script: await readInput(context, script), args: words, timeout };
  const [program, ...rest] = words;
  if (program === undefined) {
    throw new CroftError('input.invalid', 'no command was given', {
      hint: 'croft node exec NODE -- PROGRAM ARGUMENTS, or --script FILE',
    });
  }
  return { argv: [program, ...rest], timeout };
}
