import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { definitionOf, fetchStage, refusal, sendFile, temporaryFolder } from './image-server.ts';

const disk = randomBytes(1024 ** 2);
const sha256 = createHash('sha256').update(disk).digest('hex');

/** Listens on loopback until the test ends; resolves with its port. */
async function listen(context: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A server with a self-signed certificate for 127.0.0.1 and images.invalid. */
async function secureServer(context: TestContext) {
  const folder = await temporaryFolder(context);
  const [keyFile, certificateFile] = [path.join(folder, 'key'), path.join(folder, 'certificate')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:images.invalid';
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=images'];
  execFileSync('openssl', [...words, '-addext', names, '-keyout', keyFile, '-out', certificateFile], { stdio: 'ignore' });
  const certificate = await readFile(certificateFile, 'utf8');
  const server = https.createServer({ key: await readFile(keyFile), cert: certificate }, (request, response) => {
    sendFile(request, response, disk);
  });
  return { port: await listen(context, server), certificate };
}

/** A proxy that only makes tunnels, all of them to `target`. */
async function tunnels(context: TestContext, target: number) {
  const asked: { to: string | undefined; credentials: string | undefined }[] = [];
  const proxy = http.createServer((_, response) => response.writeHead(405).end());
  proxy.on('connect', (request, client: Socket) => {
    asked.push({ to: request.url, credentials: request.headers['proxy-authorization'] });
    const onward = connect(target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(onward).pipe(client);
    });
    for (const socket of [client, onward]) socket.on('error', () => undefined);
  });
  return { port: await listen(context, proxy), asked };
}

function trust(context: TestContext, certificate: string): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, certificate]);
  context.after(() => setDefaultCACertificates(before));
}

test('SC8 an image comes over TLS from a server whose certificate is trusted, and from no other', async (context) => {
  const { port, certificate } = await secureServer(context);
  const definition = definitionOf(`https://127.0.0.1:${port}/disk`);
  const wary = await fetchStage(context);
  await assert.rejects(wary.fetcher.fetch(definition), refusal('image.fetch', /self-signed certificate/));
  trust(context, certificate);
  const { fetcher } = await fetchStage(context);
  assert.equal((await fetcher.fetch(definition)).sha256, sha256);
});

test('SC8 TLS goes through a tunnel of the proxy that https_proxy names, with its credentials, and ends at the server itself', async (context) => {
  const { port, certificate } = await secureServer(context);
  const proxy = await tunnels(context, port);
  const https_proxy = `http://me:hidden@127.0.0.1:${proxy.port}`;
  const definition = definitionOf('https://images.invalid/disk');
  const wary = await fetchStage(context, { proxies: { https_proxy } });
  await assert.rejects(wary.fetcher.fetch(definition), refusal('image.fetch', /self-signed certificate/));
  trust(context, certificate);
  const { fetcher } = await fetchStage(context, { proxies: { https_proxy } });
  assert.equal((await fetcher.fetch(definition)).sha256, sha256);
  assert.deepEqual(proxy.asked.at(-1), { to: 'images.invalid:443', credentials: `Basic ${btoa('me:hidden')}` });

  const before = proxy.asked.length;
  const direct = await fetchStage(context, { proxies: { https_proxy, no_proxy: '127.0.0.1' } });
  assert.equal((await direct.fetcher.fetch(definitionOf(`https://127.0.0.1:${port}/disk`))).sha256, sha256);
  assert.equal(proxy.asked.length, before);
});

test('SC8 a proxy that makes no tunnel is reported as the failure, without its password', async (context) => {
  const refusing = http.createServer();
  refusing.on('connect', (_, client: Socket) => client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
  const port = await listen(context, refusing);
  const { fetcher } = await fetchStage(context, { proxies: { https_proxy: `http://me:hidden@127.0.0.1:${port}` } });
  await assert.rejects(fetcher.fetch(definitionOf('https://images.invalid/disk')), (thrown: unknown) => {
    assert.ok(thrown instanceof Error && !thrown.message.includes('hidden'));
    return refusal('image.fetch', /images\.invalid.*tunnel.*407/i)(thrown);
  });
});
