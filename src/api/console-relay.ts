/** Carries bytes between a viewer's WebSocket and a VM's console, each side no faster than the other takes them. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from '@fastify/websocket';
import type { CroftError } from '../model/error.ts';
import { problemOf } from '../model/problem.ts';

/** WebSocket close codes, RFC 6455 §7.4.1. */
const normal = 1000;
const unexpected = 1011;

/**
 * Ends when either side does. What was typed before the console was open is kept; that it is open is told by an empty frame, a
 * failure by a problem in a text frame, as `shown` makes it fit to be told.
 */
export function relayConsole(socket: WebSocket, opening: Promise<Duplex>, shown: (error: unknown) => CroftError): void {
  socket.pause();
  void relay(socket, opening).then(
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
  const guest = await opening;
  socket.once('close', () => guest.destroy());
  if (socket.readyState === socket.CLOSED) guest.destroy();
  socket.on('message', (data: Buffer) => {
    if (guest.write(data)) return;
    socket.pause();
    guest.once('drain', () => socket.resume());
  });
  socket.resume();
  if (socket.readyState === socket.OPEN) socket.send(new Uint8Array(0), { binary: true });
  for await (const chunk of guest as AsyncIterable<Buffer>) {
    if (socket.readyState !== socket.OPEN) return;
    await new Promise<void>((resolve) => socket.send(chunk, { binary: true }, () => resolve()));
  }
}
