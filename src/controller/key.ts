/** The controller's own SSH key, with which it logs in to nodes that name no other. */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CroftError } from '../model/error.ts';

const runFile = promisify(execFile);

/** Makes the key pair `path` and `path`.pub with ssh-keygen where it is missing. */
export async function ensureKey(path: string): Promise<void> {
  try {
    await access(path);
    return;
  } catch {
    // there is none yet
  }
  try {
    await runFile('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'croft', '-f', path]);
  } catch (cause) {
    throw new CroftError('internal', `ssh-keygen could not make the controller's key ${path}: ${(cause as Error).message}`, {
      hint: 'install the package openssh-client',
      cause,
    });
  }
}
