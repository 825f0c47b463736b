/**
 * A real SSH server of a test: in mount and process namespaces of its own, so that its accounts, its sudo rules, its
 * /run and all that its sessions start are private and vanish with it. Needs root, util-linux and sshd.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SshTarget } from '../../src/model/node/node.ts';
import { freePort } from '../support/free-port.ts';

/** Why a test that needs such a server cannot run here; false where it can. */
export const sshdMissing: string | false =
  process.getuid?.() !== 0 ? 'needs root' : existsSync('/usr/sbin/sshd') ? false : 'needs openssh-server';
export const sudoMissing: string | false = sshdMissing || (existsSync('/usr/bin/sudo') ? false : 'needs sudo');

export interface SshdOptions {
  /** Who logs in; anyone but root is an account that exists only there, uid 2000. */
  user?: string;
  /** Login shell of such an account. */
  shell?: string;
  /** Whether such an account may use `sudo -n`. */
  sudo?: boolean;
  /** Start-up file of the login, such as a .bashrc that prints. */
  startup?: string;
  /** Size of a file system of its own at `<folder>/small`, such as `1m`. */
  smallDisk?: string;
  /** Further lines of sshd_config. */
  config?: string[];
}

export interface Sshd {
  /** How to log in: its key file and its host key are set. */
  target: SshTarget;
  /** Private folder, the login's home. */
  folder: string;
  /** Kills the server with all sessions, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the same host key unless `newHostKey`. */
  restart(options?: { newHostKey?: boolean }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a key pair of a login or a host without a passphrase unless one is given; returns the private key's path. */
export function makeKey(folder: string, name: string, passphrase = ''): string {
  const path = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', path]);
  return path;
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const { user = 'root' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'croft-sshd-'));
  const keyFile = makeKey(folder, 'login');
  makeKey(folder, 'host');
  const port = await freePort();
  await writeConfiguration(folder, port, options);
  let server = await start(folder, port, options);
  const kill = () => stop(server);
  return {
    target: { address: '127.0.0.1', port, user, keyFile, hostKey: await fingerprint(join(folder, 'host.pub')) },
    folder,
    kill,
    restart: async ({ newHostKey = false } = {}) => {
      await kill();
      if (newHostKey) {
        await rm(join(folder, 'host'));
        makeKey(folder, 'host');
      }
      server = await start(folder, port, options);
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fingerprint(publicKeyFile: string): Promise<string> {
  const [, key = ''] = (await readFile(publicKeyFile, 'utf8')).split(' ');
  return `SHA256:${createHash('sha256').update(key, 'base64').digest('base64').replace(/=+$/, '')}`;
}

/** Private accounts and sudo rules are files in the folder, mounted over those in /etc. */
async function writeConfiguration(folder: string, port: number, options: SshdOptions): Promise<void> {
  const { user = 'root', shell = '/bin/sh', sudo = true, startup, config = [] } = options;
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/login.pub`,
    'UsePAM no',
    'StrictModes no',
    'PidFile none',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    ...config,
  ];
  await writeFile(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
  const home = join(folder, 'home');
  await mkdir(home);
  if (startup !== undefined) await writeFile(join(home, '.bashrc'), startup);
  const accounts = join(folder, 'etc');
  await mkdir(accounts);
  const account = user === 'root' ? `root:x:0:0::${home}:${shell}` : `${user}:x:2000:2000::${home}:${shell}`;
  const others = (await readFile('/etc/passwd', 'utf8')).split('\n').filter((line) => !line.startsWith(`${user}:`));
  await writeFile(join(accounts, 'passwd'), [account, ...others].join('\n'));
  await writeFile(join(accounts, 'shadow'), `${user}:*:19000:0:99999:7:::\n${await readFile('/etc/shadow', 'utf8')}`, { mode: 0o600 });
  if (existsSync('/etc/sudoers')) {
    const rules = ['Defaults use_pty', 'root ALL=(ALL:ALL) ALL', ...(sudo ? [`${user} ALL=(root) NOPASSWD: ALL`] : [])];
    await writeFile(join(accounts, 'sudoers'), `${rules.join('\n')}\n`, { mode: 0o440 });
  }
  await mkdir(join(folder, 'small'));
  execFileSync('chown', ['-R', user === 'root' ? '0:0' : '2000:2000', home]);
  execFileSync('chmod', ['755', folder]);
}

/** Arguments: the folder, the size of its small disk or nothing. The process becomes the server itself. */
const startScript = `
set -e
for file in "$1"/etc/*; do mount --bind "$file" "/etc/\${file##*/}"; done
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd
[ -z "$2" ] || mount -t tmpfs -o "size=$2" tmpfs "$1/small"
exec /usr/sbin/sshd -D -e -f "$1/sshd_config"
`;

/** The server is the first process of its own process namespace: with it ends everything that its sessions started. */
const namespaces = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];

async function start(folder: string, port: number, { smallDisk = '' }: SshdOptions): Promise<ChildProcess> {
  const argv = [...namespaces, 'sh', '-c', startScript, 'sh', folder, smallDisk];
  const server = spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: server.stderr }).on('line', (line) => {
      log.push(line);
      if (line.startsWith('Server listening on')) resolve();
    });
    server.once('exit', () => reject(new Error(`sshd on port ${port} ended: ${log.join('\n')}`)));
  });
  return server;
}

/** Kills the namespace's first process; its parent ends when all of them are gone. */
async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  for (const child of children.split(' ').filter((word) => word !== '')) process.kill(Number(child), 'SIGKILL');
  await ended;
}
