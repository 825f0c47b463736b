/** Tells whether a controller serves a home: it listens on a socket there, which dies with it and so can never be stale. */
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { CroftError } from '../model/error.ts';
import type { Home } from './home.ts';

export interface Presence {
  pid: number;
  /** Where its API answers. */
  url: string;
}

/** sizeof(sun_path) on Linux, less the closing NUL; unix(7). */
const longestSocketPath = 107;

/** The controller that serves this home, null where none does. */
export async function findController(home: Home): Promise<Presence | null> {
  const socket = createConnection(home.presence);
  try {
    return JSON.parse(await text(socket)) as Presence;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

/** Takes the home for this process. Rejects with `conflict.exists` where another controller has it. */
export async function occupy(home: Home, presence: () => Presence): Promise<Server> {
  if (Buffer.byteLength(home.presence) > longestSocketPath) {
    throw new CroftError('input.invalid', `the path of the controller's folder is too long for a socket in it: ${home.folder}`, {
      hint: 'name a shorter one with CROFT_HOME',
    });
  }
  const other = await findController(home);
  if (other !== null) {
    throw new CroftError('conflict.exists', `a controller serves ${home.folder} already: process ${other.pid} at ${other.url}`, {
      hint: 'use it, or end it with `croft down`',
    });
  }
  await rm(home.presence, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(presence()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(home.presence, resolve);
  });
  return server;
}
