/** The controller's own SSH keys: the key for logins to nodes that name no other, and the key for image transfers. */
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ServeKey } from '../images/spread/serve.ts';
import { CroftError } from '../model/error.ts';

const runFile = promisify(execFile);

/** Creates a missing key pair `path` and `path`.pub with ssh-keygen. */
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

/** The key that permits nodes only to fetch images from each other; created where missing. */
export async function ensureServeKey(path: string, controllerId: string): Promise<ServeKey> {
  await ensureKey(path);
  const [privateKey, publicKey] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.pub`, 'utf8')]);
  return { privateKey, publicKey, comment: `croft-${controllerId}-images` };
}
