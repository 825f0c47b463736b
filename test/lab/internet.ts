/**
 * The lab's internet: a host that answers HTTP on port 80 with the address it was asked from, and echoes on TCP port 7.
 * It knows no way back into a slice's networks, so only traffic that was translated to a node's address gets an answer.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

createHttpServer((request, response) => {
  response.end(`hello ${request.socket.remoteAddress}\n`);
}).listen(80, '0.0.0.0');

createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}).listen(7, '0.0.0.0');
