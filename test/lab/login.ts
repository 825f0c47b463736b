/** Keys and sshd settings of the lab's hosts. */
import { createHash } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { must, run } from './machine.ts';

/** Makes the key that root and `operator` log in with; resolves with the private key's path. */
export async function makeClientKey(folder: string): Promise<string> {
  const keyFile = `${folder}/id_ed25519`;
  await makeKey(keyFile);
  await chmod(`${keyFile}.pub`, 0o644);
  return keyFile;
}

/** Makes a host's key; resolves with its fingerprint in OpenSSH's form. */
export async function makeHostKey(folder: string): Promise<string> {
  const keyFile = `${folder}/ssh_host_ed25519_key`;
  await makeKey(keyFile);
  const [, blob = ''] = (await readFile(`${keyFile}.pub`, 'utf8')).split(' ');
  return `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`;
}

/** `StrictModes no` because the folder's parents may be writable by others; PAM would ask for services that a host has not. */
export function sshdConfiguration(folder: string, keyFile: string): string {
  return [
    `HostKey ${folder}/ssh_host_ed25519_key`,
    'PidFile /run/lab/sshd.pid',
    `AuthorizedKeysFile ${keyFile}.pub .ssh/authorized_keys`,
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UseDNS no',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
}

async function makeKey(keyFile: string): Promise<void> {
  await must(run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'croft-lab', '-f', keyFile]), `making ${keyFile}`);
}
