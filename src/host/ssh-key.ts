/** Reads the private key of a login, and reports clearly why a key cannot be used. */
import { readFile, stat } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { CroftError } from '../model/error.ts';

/** Bytes; RSA keys of 16384 bits take 13 KiB. */
const largestKeyFile = 64 * 1024;

/** The key file's content. Throws `node.auth` where the file cannot be read, is encrypted, or is no private key. */
export async function readPrivateKey(node: string, keyFile: string): Promise<Buffer> {
  const content = await readSmallFile(keyFile).catch((error: Error) => {
    throw keyError(
      node,
      `The SSH key file ${keyFile} for node ${node} cannot be read: ${error.message}`,
      'Name a key file that this user may read.',
      error,
    );
  });
  const parsed = ssh2.utils.parseKey(content);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) {
    const encrypted = /encrypted|passphrase/i.test(key.message);
    const message = `The SSH key file ${keyFile} for node ${node} ${encrypted ? 'is encrypted' : `is not a usable private key: ${key.message}`}`;
    const hint = encrypted
      ? 'Load it into an ssh-agent and name the agent, or name a key without a passphrase.'
      : 'Make a key with ssh-keygen -t ed25519.';
    throw keyError(node, message, hint, key);
  }
  if (!key?.isPrivateKey()) {
    throw keyError(
      node,
      `The SSH key file ${keyFile} for node ${node} holds a public key`,
      'Name the private key, the file without ".pub".',
    );
  }
  return content;
}

/** A read of a device or a pipe might never end. */
async function readSmallFile(path: string): Promise<Buffer> {
  const information = await stat(path);
  if (!information.isFile()) throw new Error('it is not a regular file');
  if (information.size > largestKeyFile) throw new Error(`with ${information.size} bytes it is too large for a key`);
  return await readFile(path);
}

function keyError(node: string, message: string, hint: string, cause?: unknown): CroftError {
  return new CroftError('node.auth', message, { node, hint, cause });
}
