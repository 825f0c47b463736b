/** A node reached over SSH: one connection, directly or through a jump host. */
import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { CroftError } from '../model/error.ts';
import type { SshTarget } from '../model/node/node.ts';
import { type Channel, type Connection, exitCode } from './channel.ts';
import type { Host } from './host.ts';
import { NodeHost } from './node-host.ts';
import { socketError } from './socket-error.ts';
import { logIn, loginTimeout, readFingerprint, readPinnedKey, type SshConnection } from './ssh-login.ts';

export interface SshHostOptions {
  /** The node's name, for messages. */
  name: string;
  /** The address and the user; its `hostKey` must be present, and so must the jump host's. */
  target: SshTarget & { jump?: SshTarget | undefined };
  /** Whether privileges are raised by `sudo -n`; null: exactly where the login is not root. */
  sudo: boolean | null;
  /** Path of an ssh-agent's socket. */
  agent?: string;
}

type Route = Pick<SshHostOptions, 'name' | 'target' | 'agent'>;

export function createSshHost(options: SshHostOptions): Host {
  return new NodeHost({ ...options, connect: () => connectTo(options) });
}

/**
 * The fingerprint `SHA256:…` that the machine at `target` shows now. Used once, when a node is adopted: a user compares the fingerprint
 * before it is pinned. A jump host must be pinned already: read its own key first.
 */
export async function readHostKey(route: Route): Promise<string> {
  const { name: node, target, agent } = route;
  const path = await pathTo(route);
  try {
    return await readFingerprint({ node, target, agent, stream: path.stream });
  } finally {
    path.leave();
  }
}

/**
 * The host key `TYPE BASE64` by which other machines know the node, which is reached directly. Rejects with `node.unreachable`, or with
 * `node.host-key` unless it is the pinned one.
 */
export async function publicHostKey({ name: node, target, agent }: Route): Promise<string> {
  return await readPinnedKey({ node, target, agent });
}

interface Path {
  stream: Duplex | undefined;
  leave(): void;
}

/** Opens the connection to the target: through the jump host where there is one. */
async function pathTo({ name, target, agent }: Route): Promise<Path> {
  if (target.jump === undefined) return { stream: undefined, leave: () => undefined };
  const jump = await logIn({ node: `${name} (jump host)`, target: target.jump, agent });
  const leave = () => jump.end();
  const stream = await forward(jump.client, target).catch((error: Error) => {
    leave();
    const place = `${target.address}:${target.port}`;
    throw new CroftError(
      'node.unreachable',
      `Node ${name}: the jump host ${target.jump?.address} cannot reach ${place}: ${error.message}`,
      {
        node: name,
        cause: error,
        hint: 'Check the address and port from there, and that its SSH server allows TCP forwarding.',
      },
    );
  });
  return { stream, leave };
}

/** A jump host reports an unreachable machine only when its own system has given up, which takes two minutes. */
function forward(client: Client, { address, port }: SshTarget): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`it did not get through within ${loginTimeout / 1000} s`));
    const timer = setTimeout(giveUp, loginTimeout).unref();
    client.forwardOut('127.0.0.1', 0, address, port, (error, stream) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(stream);
    });
  });
}

async function connectTo(route: Route): Promise<Connection> {
  const path = await pathTo(route);
  try {
    const { name: node, target, agent } = route;
    return connectionOver(node, await logIn({ node, target, agent, stream: path.stream }), path);
  } catch (error) {
    path.leave();
    throw error;
  }
}

function connectionOver(node: string, { client, end }: SshConnection, path: Path): Connection {
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => {
      path.leave();
      resolve();
    });
  });
  return {
    closed,
    open: async (line) => asChannel(await openSession(node, client, line)),
    socket: (socketPath) => openSocket(node, client, socketPath),
    end,
  };
}

async function openSession(node: string, client: Client, line: string): Promise<ClientChannel> {
  const opening = new Promise<ClientChannel>((resolve, reject) => {
    client.exec(line, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
  return await opening.catch((error: Error) => {
    throw new CroftError('node.unreachable', `Node ${node} opens no further SSH session: ${error.message}`, {
      node,
      cause: error,
      hint: 'Check MaxSessions in its sshd_config (10 is enough for ordinary work) and whether the machine is up.',
    });
  });
}

function asChannel(channel: ClientChannel): Channel {
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  let code: number | null = null;
  channel.once('exit', (status: number | null, signal?: string) => {
    code = exitCode(status, signal && `SIG${signal.replace(/^SIG/, '')}`);
  });
  channel.once('close', () => resolve(code));
  const destroy = () => {
    resolve(null);
    channel.destroy();
  };
  return { stdin: channel, stdout: channel, stderr: channel.stderr, ended, destroy };
}

async function openSocket(node: string, client: Client, path: string): Promise<Duplex> {
  const opening = new Promise<Duplex>((resolve, reject) => {
    client.openssh_forwardOutStreamLocal(path, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
  return await opening.catch((error: Error & { reason?: unknown }) => {
    /** The server's refusal has a number; without a number the connection itself failed. */
    if (typeof error.reason === 'number') throw socketError(node, path, error);
    throw new CroftError('node.unreachable', `Node ${node}: ${error.message} (while opening ${path})`, { node, cause: error });
  });
}
