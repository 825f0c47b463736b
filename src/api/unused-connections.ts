/** Connections that would hold up the end of a server although nobody waits for an answer on them. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Follows the server's connections; what it returns closes those that `closeIdleConnections` leaves open: where nothing was
 * ever asked, since clients open connections ahead of need, and where the answer came before the request's body had.
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
      // What is left of the body is read and dropped, so that the client can read its answer and ask again.
      request.resume();
    });
  });
  server.on('upgrade', ({ socket }) => unused.delete(socket));
  return () => {
    for (const socket of unused) socket.destroy();
  };
}
