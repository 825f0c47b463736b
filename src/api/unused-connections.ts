/** Connections over which nothing was ever asked: clients open them ahead of need, and they would hold up the end of a server. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Follows the server's connections; what it returns closes those without a request, which `closeIdleConnections` leaves open. */
export function unusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  for (const event of ['request', 'upgrade'] as const) server.on(event, ({ socket }) => unused.delete(socket));
  return () => {
    for (const socket of unused) socket.destroy();
  };
}
