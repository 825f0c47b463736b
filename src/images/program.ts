/** Runs programs on the controller's own machine, for work on images. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { CroftError } from '../model/error.ts';

export interface ProgramOptions {
  /** Added to the environment of the controller. Messages are always in English. */
  environment?: Record<string, string>;
  folder?: string;
  /** The Debian package of the program, where its name differs. */
  debianPackage?: string;
  /** For a program that reads untrusted files. */
  limits?: ProgramLimits;
  /** Kills the program; its waiting callers then reject with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Receives each piece of its standard output as it arrives. */
  onOutput?: (piece: string) => void;
  /** Exit codes other than 0 that are no failure. */
  alsoGood?: readonly number[];
}

/** Memory and the size of any file that it writes, in bytes; processor time in seconds. */
export interface ProgramLimits {
  memory: number;
  fileSize: number;
  processorTime: number;
}

/** A program that reads from a pipe and writes into a pipe. */
export interface Filter {
  input: Writable;
  output: Readable;
  /** Resolves with its stderr once it has succeeded; rejects as `runProgram` does. */
  ended: Promise<string>;
  kill(): void;
}

/**
 * Runs a program without a shell and resolves with its standard output. Rejects with `node.unfit` where the program is not installed and
 * with `command.failed`, with the program's own stderr, where it fails.
 */
export async function runProgram(program: string, parameters: readonly string[], options: ProgramOptions = {}): Promise<Buffer> {
  const child = start(program, parameters, options, 'ignore');
  const pieces: Buffer[] = [];
  child.stdout?.on('data', (piece: Buffer) => {
    pieces.push(piece);
    options.onOutput?.(piece.toString());
  });
  await success(child, program, options);
  return Buffer.concat(pieces);
}

/** Starts a program, without a shell, for its pipes. */
export function startFilter(program: string, parameters: readonly string[], options: ProgramOptions = {}): Filter {
  const child = start(program, parameters, options, 'pipe');
  const { stdin: input, stdout: output } = child;
  if (input === null || output === null) throw new CroftError('internal', `${program} was started without pipes`);
  return { input, output, ended: success(child, program, options), kill: () => child.kill('SIGKILL') };
}

function start(program: string, parameters: readonly string[], options: ProgramOptions, stdin: 'ignore' | 'pipe'): ChildProcess {
  const argv = [...limitWords(options.limits), program, ...parameters] as [string, ...string[]];
  return spawn(argv[0], argv.slice(1), {
    stdio: [stdin, 'pipe', 'pipe'],
    cwd: options.folder,
    env: { ...process.env, LC_ALL: 'C', ...options.environment },
    killSignal: 'SIGKILL',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** prlimit of util-linux sets the limits and then becomes the program, which ends with the controller, however the controller ends. */
function limitWords(limits: ProgramLimits | undefined): string[] {
  if (limits === undefined) return [];
  const { memory, fileSize, processorTime } = limits;
  return [
    'setpriv',
    '--pdeathsig=KILL',
    '--',
    'prlimit',
    '--core=0',
    `--as=${memory}`,
    `--fsize=${fileSize}`,
    `--cpu=${processorTime}`,
    '--',
  ];
}

async function success(child: ChildProcess, program: string, options: ProgramOptions): Promise<string> {
  const closed = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `killed by ${signal}`));
  });
  try {
    const [complaint, end] = await Promise.all([child.stderr === null ? '' : beginning(child.stderr), closed]);
    if (['exit code 0', ...(options.alsoGood ?? []).map((code) => `exit code ${code}`)].includes(end)) return complaint.trim();
    if (end === 'exit code 127' && /^(prlimit|setpriv): /.test(complaint)) throw notInstalled(program, options);
    throw new CroftError('command.failed', `${program} failed on the controller (${end}): ${complaint.trim() || 'it said nothing'}`);
  } catch (thrown) {
    options.signal?.throwIfAborted();
    if (!isMissing(thrown)) throw thrown;
    if (options.limits !== undefined) throw notInstalled('setpriv', { debianPackage: 'util-linux' }, thrown);
    throw notInstalled(program, options, thrown);
  }
}

/** The number of characters of a program's stderr that are kept: for a broken file it may print a line for each of its parts. */
const mostComplaint = 16 * 1024;

async function beginning(stream: Readable): Promise<string> {
  let kept = '';
  for await (const piece of stream.setEncoding('utf8')) if (kept.length < mostComplaint) kept += piece;
  return kept.slice(0, mostComplaint);
}

function notInstalled(program: string, { debianPackage = program }: ProgramOptions, cause?: unknown): CroftError {
  return new CroftError('node.unfit', `The program ${program} is not installed on the controller's machine`, {
    hint: `Install it, on Debian and Ubuntu with: apt-get install ${debianPackage}`,
    cause,
  });
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT' && 'syscall' in thrown;
}
