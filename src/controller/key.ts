/** The controller's own SSH keys: the one with which it logs in to nodes that name no other, and the one for images. */
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ServeKey } from '../images/spread/serve.ts';
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

/** The key with which nodes fetch images from each other and can do nothing else; made where it is missing. */
export async function ensureServeKey(path: string, controllerId: string): Promise<ServeKey> {
  await ensureKey(path);
  const [privateKey, publicKey] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.pub`, 'utf8')]);
  return { privateKey, publicKey, comment: `croft-${controllerId}-images` };
}
