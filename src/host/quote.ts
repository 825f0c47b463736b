/** The only place where text becomes part of a shell's input: words in single quotes, where POSIX sh reads nothing as special. */
import { CroftError } from '../model/error.ts';

/** One word of a POSIX shell's input that stands for exactly `word`. Throws `input.invalid` on NUL, which no argument can contain. */
export function quote(word: string): string {
  if (word.includes('\0'))
    throw new CroftError('input.invalid', `An argument contains a NUL character: ${JSON.stringify(word.slice(0, 40))}`);
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command for messages: the program and its first arguments, on one line, at most about 80 characters. */
export function commandLabel(argv: readonly string[]): string {
  const words = argv.slice(0, 6).map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)));
  const line = words.join(' ');
  return line.length > 80 || argv.length > words.length ? `${line.slice(0, 80)}…` : line;
}
