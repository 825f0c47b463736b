/** Carries bytes between a viewer's WebSocket and a VM's console, each side no faster than the other takes them. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from '@fastify/websocket';
import { asCroftError } from '../model/error.ts';
import { problemOf } from '../model/problem.ts';

/** WebSocket close codes, RFC 6455 §7.4.1. */
const normal = 1000;
const unexpected = 1011;

/** Ends when either side does. What was typed before the console was open is kept; a failure is sent as a problem in a text frame. */
export function relayConsole(socket: WebSocket, opening: Promise<Duplex>): void {
  socket.pause();
  void relay(socket, opening).then(
    () => socket.close(normal),
    (error: unknown) => {
      socket.resume();
      socket.send(JSON.stringify(problemOf(asCroftError(error))));
      socket.close(unexpected);
    },
  );
}

async function relay(socket: WebSocket, opening: Promise<Duplex>): Promise<void> {
  const guest = await opening;
  socket.once('close', () => guest.destroy());
  socket.on('message', (data: Buffer) => {
    if (guest.write(data)) return;
    socket.pause();
    guest.once('drain', () => socket.resume());
  });
  socket.resume();
  for await (const chunk of guest as AsyncIterable<Buffer>) {
    if (socket.readyState !== socket.OPEN) return;
    await new Promise<void>((resolve) => socket.send(chunk, { binary: true }, () => resolve()));
  }
}
