/** A web server on loopback, as a process of its own, that sends the file in argv to every client, and prints its port. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [, , file = ''] = process.argv;
const { size } = statSync(file);
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-length': size, etag: '"bench"' });
  createReadStream(file, { highWaterMark: 1024 ** 2 }).pipe(response);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
