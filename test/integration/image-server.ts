/** A web server on loopback that publishes images, or lies about them, and remembers what it was asked for. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { createImageFetcher, type ImageFetcher, type ImageFetcherOptions } from '../../src/images/fetch/fetch.ts';
import { type ImageLibrary, openImageLibrary } from '../../src/images/library/library.ts';
import { type ImageLimits, usualLimits } from '../../src/images/library/limits.ts';
import { CroftError, type ErrorCode } from '../../src/model/error.ts';
import { type ImageDefinition, usualTraits } from '../../src/model/image/definition.ts';

export interface Asked {
  path: string;
  range: string | undefined;
  headers: IncomingMessage['headers'];
}

export interface ImageServer {
  /** Without a slash at its end. */
  url: string;
  asked: Asked[];
}

type Handler = (request: IncomingMessage, response: ServerResponse, asked: readonly Asked[]) => void;

/** Ends with the test. */
export async function serveImages(context: TestContext, handler: Handler): Promise<ImageServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', range: request.headers.range, headers: request.headers });
    handler(request, response, asked);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** Sends a file as a good server does: parts of it where they are asked for and it is still the same. */
export function sendFile(request: IncomingMessage, response: ServerResponse, content: Buffer, etag = '"one"'): void {
  const { range, 'if-range': condition, 'if-none-match': known } = request.headers;
  response.setHeader('etag', etag);
  if (known === etag) {
    response.writeHead(304).end();
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(from) || condition !== etag) {
    response.writeHead(200, { 'content-length': content.length }).end(content);
    return;
  }
  const part = content.subarray(from);
  response.writeHead(206, { 'content-length': part.length, 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` });
  response.end(part);
}

/** Announces all of a file and breaks off once `length` bytes of it have left. */
export function breakOff(
  response: ServerResponse,
  content: Buffer,
  length: number,
  headers: Record<string, string> = { etag: '"one"' },
): void {
  response.writeHead(200, { 'content-length': content.length, ...headers });
  response.write(content.subarray(0, length), () => response.socket?.end());
}

export interface FetchStage {
  folder: string;
  library: ImageLibrary;
  fetcher: ImageFetcher;
}

/** A library and a fetcher in a folder of their own; tries follow each other at once. */
export async function fetchStage(
  context: TestContext,
  options: Partial<ImageFetcherOptions> & { limits?: ImageLimits; home?: string } = {},
): Promise<FetchStage> {
  const folder = options.home ?? (await temporaryFolder(context));
  const { limits = usualLimits } = options;
  const library = await openImageLibrary({ folder: path.join(folder, 'library'), limits });
  const fetcher = createImageFetcher({
    library,
    folder: path.join(folder, 'fetch'),
    proxies: {},
    now: Date.now,
    tries: { count: 3, firstDelay: 1 },
    ...options,
  });
  return { folder, library, fetcher };
}

export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-fetch-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function definitionOf(sources: string | string[], more: Partial<ImageDefinition> = {}): ImageDefinition {
  return { name: 'disk', sources: [sources].flat(), checksum: null, compression: 'none', format: null, traits: usualTraits, ...more };
}

/** For assert.rejects. */
export function refusal(code: ErrorCode, words: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    if (thrown instanceof CroftError && thrown.code === code && words.test(thrown.message)) return true;
    throw thrown;
  };
}

/** A server that says anything; resolves with its URL. */
export async function serveBytes(context: TestContext, handler: (socket: Socket) => void): Promise<string> {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => handler(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk`;
}
