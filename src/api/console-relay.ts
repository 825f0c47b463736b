/** Carries bytes between a viewer's WebSocket and a VM's console, each side no faster than the other accepts them. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from '@fastify/websocket';
import type { CroftError } from '../model/error.ts';
import { problemOf } from '../model/problem.ts';

/** WebSocket close codes, RFC 6455 §7.4.1. */
const normal = 1000;
const unexpected = 1011;

/** Bytes of input that are kept before the console is open; more stays with the sender. */
const longestEarly = 64 * 1024;

/**
 * Ends when either side does; the signal given to `open` aborts when the viewer has left. Input before the console is open is kept; an
 * empty frame says that the console is open, and a failure is sent as a problem in a text frame, with secrets removed by `shown`.
 */
export function relayConsole(
  socket: WebSocket,
  open: (signal: AbortSignal) => Promise<Duplex>,
  shown: (error: unknown) => CroftError,
): void {
  const left = new AbortController();
  socket.once('close', () => left.abort());
  void relay(socket, open(left.signal)).then(
    () => socket.close(normal),
    (error: unknown) => {
      if (socket.readyState !== socket.OPEN) return;
      socket.resume();
      socket.send(JSON.stringify(problemOf(shown(error))));
      socket.close(unexpected);
    },
  );
}

async function relay(socket: WebSocket, opening: Promise<Duplex>): Promise<void> {
  const early = keepEarly(socket);
  const guest = await opening;
  socket.once('close', () => guest.destroy());
  if (socket.readyState === socket.CLOSED) guest.destroy();
  const type = (data: Buffer): void => {
    if (guest.write(data)) return;
    socket.pause();
    guest.once('drain', () => socket.resume());
  };
  socket.resume();
  for (const data of early()) type(data);
  socket.on('message', type);
  if (socket.readyState === socket.OPEN) socket.send(new Uint8Array(0), { binary: true });
  for await (const chunk of guest as AsyncIterable<Buffer>) {
    if (socket.readyState !== socket.OPEN) return;
    await new Promise<void>((resolve) => socket.send(chunk, { binary: true }, () => resolve()));
  }
}

/** Keeps input until the returned function takes it. A socket that is not read would not report that its other end has left. */
function keepEarly(socket: WebSocket): () => Buffer[] {
  const kept: Buffer[] = [];
  let size = 0;
  const keep = (data: Buffer): void => {
    kept.push(data);
    size += data.length;
    if (size > longestEarly) socket.pause();
  };
  socket.on('message', keep);
  return () => {
    socket.off('message', keep);
    return kept;
  };
}
