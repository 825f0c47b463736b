/** Connections that would delay the end of a server although no client waits for an answer on them. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Tracks the server's connections; the returned function closes those that `closeIdleConnections` leaves open: connections without any
 * request, since clients open connections ahead of need, and connections whose answer was sent before the request's body had arrived.
 */
export function unusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    unused.delete(socket);
    response.once('finish', () => {
      if (request.complete || socket.destroyed) return;
      unused.add(socket);
      // The rest of the body is read and dropped, so that the client can read its answer and send another request.
      request.resume();
    });
  });
  server.on('upgrade', ({ socket }) => unused.delete(socket));
  return () => {
    for (const socket of unused) socket.destroy();
  };
}
