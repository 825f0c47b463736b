/** The user's input: files or standard input, and answers to questions. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { buffer } from 'node:stream/consumers';
import { CroftError } from '../model/error.ts';
import { decodeUtf8 } from '../model/input/utf8.ts';
import type { CliContext } from './context.ts';

/** The text of a file, or of standard input for `-`. Rejects with `input.invalid` where it cannot be read. */
export async function readInput(context: CliContext, file: string): Promise<string> {
  context.inputName = file === '-' ? 'standard input' : file;
  const bytes =
    file === '-' ? await buffer(context.environment.stdin) : await readFile(file).catch((cause) => Promise.reject(unreadable(file, cause)));
  return decodeUtf8(bytes, context.inputName);
}

export function unreadable(file: string, cause: unknown): CroftError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'you may not read it',
    EISDIR: 'it is a folder',
  };
  return new CroftError('input.invalid', `cannot read ${file}: ${reasons[code ?? ''] ?? message}`, { cause });
}

/** Asks for confirmation on a terminal although the command's name already says so; a script that calls the command needs none. */
export async function askOnTerminal(context: CliContext, question: string): Promise<void> {
  if (context.environment.isTerminal) await confirm(context, question, '--yes');
}

/** Asks on a terminal; where there is none, rejects with `conflict.confirm` and the flag that answers instead. */
export async function confirm(context: CliContext, question: string, flag: string): Promise<void> {
  const { stdin, stderr, isTerminal } = context.environment;
  if (!isTerminal) {
    throw new CroftError('conflict.confirm', `not confirmed: ${question}`, { hint: `add ${flag} to do it without being asked` });
  }
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CroftError('conflict.confirm', 'left as it is');
  } finally {
    lines.close();
  }
}
