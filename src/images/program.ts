/** Runs a program on the controller's own machine, for the work that images need there. */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { CroftError } from '../model/error.ts';

export interface ProgramOptions {
  /** Added to the environment of the controller. Messages are always in English. */
  environment?: Record<string, string>;
  folder?: string;
  /** The Debian package that has the program, where it is not named like it. */
  debianPackage?: string;
}

/**
 * Runs a program without a shell and resolves with its standard output.
 * Rejects with `node.unfit` where it is not installed and with `command.failed`, with its own stderr, where it fails.
 */
export async function runProgram(program: string, parameters: readonly string[], options: ProgramOptions = {}): Promise<Buffer> {
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.folder,
    env: { ...process.env, LC_ALL: 'C', ...options.environment },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    const [output, complaint, code] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
    if (code === 0) return output;
    throw new CroftError(
      'command.failed',
      `${program} failed on the controller (exit code ${code}): ${complaint.trim() || 'it said nothing'}`,
    );
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    throw new CroftError('node.unfit', `The program ${program} is not installed on the controller's machine`, {
      hint: `Install it, on Debian and Ubuntu with: apt-get install ${options.debianPackage ?? program}`,
      cause: thrown,
    });
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT' && 'syscall' in thrown;
}
