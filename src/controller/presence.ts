/** One controller per home: it holds a lock and answers on a socket there. Both end with its process, however the process ends. */
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { CroftError } from '../model/error.ts';
import { lockFile } from '../store/database/file-lock.ts';
import type { Home } from './home.ts';

export interface Presence {
  pid: number;
  /** The address of its API. */
  url: string;
  /** Its nodes exist only in its memory, and end with it. */
  simulated: boolean;
  /** Another controller has its database and leads; this one takes over when the leader ends. */
  standby: boolean;
}

/** sizeof(sun_path) on Linux, less the closing NUL; unix(7). */
const longestSocketPath = 107;

/** ms within which a running controller answers. */
const answerTime = 10_000;

/**
 * The controller that serves this home, null where there is none. Rejects with `unavailable` where a controller holds the home without
 * answering.
 */
export async function findController(home: Home): Promise<Presence | null> {
  const socket = createConnection(home.presence);
  const late = AbortSignal.timeout(answerTime);
  late.addEventListener('abort', () => socket.destroy());
  try {
    return JSON.parse(await text(socket)) as Presence;
  } catch (cause) {
    if (!late.aborted) return null;
    throw new CroftError('unavailable', `the controller of ${home.folder} does not answer`, {
      hint: 'see whether its process is stopped or hangs: `pgrep -af "main.ts serve"`',
      cause,
    });
  } finally {
    socket.destroy();
  }
}

/**
 * Takes the home for this process until the result is disposed of. Rejects with `conflict.exists` where another controller has it; of
 * several concurrent attempts one succeeds.
 */
export async function occupy(home: Home, presence: () => Presence): Promise<Disposable> {
  if (Buffer.byteLength(home.presence) > longestSocketPath) {
    throw new CroftError('input.invalid', `the path of the controller's folder is too long for a socket in it: ${home.folder}`, {
      hint: 'name a shorter one with CROFT_HOME',
    });
  }
  using undo = new DisposableStack();
  const lock = lockFile(home.lock);
  if (lock === null) throw await occupied(home);
  undo.use(lock);
  await rm(home.presence, { force: true });
  undo.adopt(await listen(home, presence), (server) => void server.close());
  return undo.move();
}

async function occupied(home: Home): Promise<CroftError> {
  const other = await findController(home);
  const who = other === null || other.url === '' ? 'it is just starting or ending' : `process ${other.pid} at ${other.url}`;
  return new CroftError('conflict.exists', `a controller serves ${home.folder} already: ${who}`, {
    hint: 'use it, or end it with `croft down`',
  });
}

async function listen(home: Home, presence: () => Presence): Promise<Server> {
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
