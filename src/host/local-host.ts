/** The controller's own machine as a node: the same shells, as child processes instead of SSH sessions. */
import { spawn } from 'node:child_process';
import { connect as connectSocket } from 'node:net';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { type Channel, type Connection, exitCode } from './channel.ts';
import type { Host } from './host.ts';
import { NodeHost } from './node-host.ts';
import { socketError } from './socket-error.ts';

export interface LocalHostOptions {
  /** The node's name, for messages. */
  name: string;
  /** Whether privileges are raised by `sudo -n`; null: exactly where this process does not run as root. */
  sudo: boolean | null;
}

export function createLocalHost(options: LocalHostOptions): Host {
  return new NodeHost({ ...options, connect: async () => localConnection(options.name) });
}

function localConnection(node: string): Connection {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const channels = new Set<Channel>();
  return {
    closed,
    open: async (line) => {
      const channel = await startShell(line);
      channels.add(channel);
      void channel.ended.then(() => channels.delete(channel));
      return channel;
    },
    socket: (path) => openSocket(node, path),
    end: () => {
      for (const channel of channels) channel.destroy();
      resolve();
    },
  };
}

/**
 * The controller's own environment is not passed on, since it may contain secrets; in a session of its own no terminal signal reaches the
 * shell.
 */
async function startShell(line: string): Promise<Channel> {
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: userInfo().homedir };
  const child = spawn('/bin/sh', ['-c', line], { env: environment, detached: true });
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  child.once('close', (code, signal) => resolve(exitCode(code, signal)));
  child.once('error', () => resolve(null));
  const destroy = () => {
    resolve(null);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, destroy };
}

async function openSocket(node: string, path: string): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    const fail = (error: Error) => reject(socketError(node, path, error));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
