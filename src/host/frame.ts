/** The shell's side of the protocol: constant scripts, and the input text of one command. */
import { randomBytes } from 'node:crypto';
import type { Command } from './host.ts';
import { quote } from './quote.ts';

/** A random word that no output contains by accident: it ends the parts of one shell, or labels the processes of one command. */
export function newMarker(): string {
  return randomBytes(16).toString('hex');
}

/** The variable in a command's environment by which all its processes are found again, wherever they went. */
export const commandVariable = 'CROFT_COMMAND';

/**
 * Programs print the language that the parsers read; the system's folders are found whatever the login's PATH lacks, and so are GNU's on
 * illumos, the only place where base64 may be.
 */
const surroundings =
  'export LC_ALL=C; PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/gnu/bin"; export PATH; umask 022; cd /';

/** First input of a shell: prints its process id in a first part, after any output of start-up files. */
export function shellPrelude(marker: string): string {
  const line = `'\\n${marker} %s\\n' "$1"`;
  return `${surroundings}; croft_end() { printf ${line}; printf ${line} >&2; }; croft_end "$$"\n`;
}

/**
 * A command as shell input. `exec` in a subshell finds only programs, never the shell's own builtins or functions, and needs no fork
 * beyond the program's own. Standard input travels as base64, so it may contain any byte. A program that leaves some of its input unread
 * is no failure; ksh93 does not wait for the writer that would complain of that, so no writer may complain.
 */
export function commandInput(command: Command, token: string): string {
  const program = `(exec ${command.argv.map(quote).join(' ')})`;
  const job =
    command.stdin === undefined
      ? `${program} </dev/null`
      : `printf %s ${quote(Buffer.from(command.stdin).toString('base64'))} 2>/dev/null | base64 -d 2>/dev/null | ${program}`;
  return `export ${commandVariable}=${token}; ${job}; croft_end "$?"\n`;
}

/** Arguments: marker, token, program, its arguments. Prints the first part of both streams, then becomes the program. */
const programScript = `${surroundings}; export ${commandVariable}="$2"; printf '\\n%s %s\\n' "$1" "$$"; printf '\\n%s %s\\n' "$1" "$$" >&2; shift 2; exec "$@"`;

/** The line by which a login's shell runs one program with streams of its own. `shell` is the command that starts the shell. */
export function programLine(shell: string, marker: string, token: string, argv: readonly string[]): string {
  return `exec ${shell} -c ${[programScript, 'sh', marker, token, ...argv].map(quote).join(' ')}`;
}

/** The line that makes a login's shell print its user: name, primary group and user id follow the marker. */
export function loginLine(marker: string): string {
  const script = `printf '\\n%s %s %s %s\\n' "$1" "$(id -un)" "$(id -g)" "$(id -u)"`;
  return `exec /bin/sh -c ${[script, 'sh', marker].map(quote).join(' ')}`;
}
