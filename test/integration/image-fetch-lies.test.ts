import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ErrorCode } from '../../src/model/error.ts';
import type { Compression, ImageDefinition, SourceFormat } from '../../src/model/image/definition.ts';
import {
  breakOff,
  definitionOf,
  type FetchStage,
  fetchStage,
  refusal,
  sendFile,
  serveBytes,
  serveImages,
  temporaryFolder,
} from './image-server.ts';

const mebibyte = 1024 ** 2;
const disk = randomBytes(2 * mebibyte);
const page = Buffer.from('<!DOCTYPE html>\n<title>Not found</title>'.padEnd(1024));
const packed = (program: string) => execFileSync(program, ['-c'], { input: disk, maxBuffer: 8 * mebibyte });

/** Nothing of a refused image is in the library, nor, unless its download may be resumed, on the disk. */
async function assertRefused(
  { folder, library, fetcher }: FetchStage,
  definition: ImageDefinition,
  code: ErrorCode,
  words: RegExp,
): Promise<void> {
  await assert.rejects(fetcher.fetch(definition), refusal(code, words));
  assert.deepEqual(await library.list(), []);
  assert.deepEqual(await readdir(path.join(folder, 'library')), []);
  if (code !== 'image.fetch') assert.deepEqual(await readdir(path.join(folder, 'fetch')), []);
}

/** A stage and a function that publishes content and has its refusal asserted. */
async function refusing(context: TestContext, options: Parameters<typeof fetchStage>[1] = {}) {
  const stage = await fetchStage(context, options);
  let content: Buffer = disk;
  const server = await serveImages(context, (request, response) => sendFile(request, response, content, `"${content.length}"`));
  return async (published: Buffer, words: RegExp, more: Partial<ImageDefinition> = {}) => {
    content = published;
    await assertRefused(stage, definitionOf(`${server.url}/disk`, more), 'image.unusable', words);
  };
}

test('SC8 a file with another checksum than it should have is refused, packed or not', async (context) => {
  const refused = await refusing(context);
  const value = createHash('sha256').update(disk).digest('hex');
  await refused(randomBytes(mebibyte), /its sha256 is [0-9a-f]{64} and should be/, { checksum: { algorithm: 'sha256', value } });
  // The checksum is that of the file as it is published, not of what is in it.
  const of = { compression: 'gz', checksum: { algorithm: 'sha256', value } } as const;
  await refused(gzipSync(disk), /its sha256 is [0-9a-f]{64} and should be/, of);
});

test('SC8 an error page is reported as such, with status 404 and with status 200', async (context) => {
  const refused = await refusing(context);
  await refused(page, /is not an image: it is an HTML page/);
  await refused(Buffer.concat([Buffer.from('\n  <html>'), page]), /it is an HTML page/, { compression: 'zstd' });
  const server = await serveImages(context, (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end(page));
  await assertRefused(await fetchStage(context), definitionOf(`${server.url}/disk`), 'image.fetch', /404/);
  assert.equal(server.asked.length, 1);
});

test('SC8 what is not an image is refused in words', async (context) => {
  const refused = await refusing(context);
  await refused(Buffer.alloc(0), /it is empty/);
  await refused(Buffer.from('{"error":"no such image"}'.padEnd(512)), /it is text that begins with "\{\\"error/);
  await refused(randomBytes(1000), /no multiple of 512/);
  await refused(gzipSync(disk), /it is compressed/);
  await refused(zstdCompressSync(page), /it is an HTML page/, { compression: 'zstd' });
});

test('SC8 an image of another format than its definition says is refused, and both are told', async (context) => {
  const refused = await refusing(context);
  const folder = await temporaryFolder(context);
  const make = async (format: string, file = path.join(folder, format)) => {
    execFileSync('qemu-img', ['create', '-q', '-f', format, file, '8M']);
    return await readFile(file);
  };
  const iso = Buffer.alloc(mebibyte);
  iso.write('\x01CD001\x01', 32_768, 'latin1');
  iso.writeUInt32LE(mebibyte / 2048, 32_848);
  const contents: Record<SourceFormat, Buffer> = {
    raw: disk,
    qcow2: await make('qcow2'),
    vmdk: await make('vmdk'),
    vhdx: await make('vhdx'),
    iso,
  };
  for (const format of Object.keys(contents) as SourceFormat[]) {
    const said = format === 'raw' ? 'qcow2' : 'raw';
    await refused(contents[format], new RegExp(`it is said to be ${said}, and its content is ${format}`), { format: said });
  }
  await refused(iso.subarray(0, mebibyte / 2), /cut short: it is an ISO of 1048576 bytes and has 524288/);
});

test('SC8 packed streams that are broken, cut short, followed by something else or of another kind are refused', async (context) => {
  const refused = await refusing(context);
  const published: Record<Exclude<Compression, 'none'>, Buffer> = {
    gz: gzipSync(disk),
    zstd: zstdCompressSync(disk),
    xz: packed('xz'),
    bz2: packed('bzip2'),
  };
  for (const [compression, content] of Object.entries(published) as [Exclude<Compression, 'none'>, Buffer][]) {
    const broken = Buffer.from(content);
    for (let at = content.length >> 1; at < (content.length >> 1) + 64; at++) broken[at] = (broken[at] ?? 0) ^ 0xff;
    const cannot = /it cannot be unpacked: ./;
    // Random bytes are stored as they are; gzip notices at the end, by its own checksum.
    if (compression !== 'zstd') await refused(broken, cannot, { compression });
    await refused(content.subarray(0, content.length - 9), cannot, { compression });
    await refused(Buffer.concat([content, Buffer.from('and what does not belong there')]), cannot, { compression });
    await refused(Buffer.concat([content, content.subarray(0, 100)]), cannot, { compression });
    await refused(disk, cannot, { compression });
  }
});

test('SC8 what unpacks to too much is refused at once, also while its source waits to be tried again', async (context) => {
  const hour = 3_600_000;
  const limits = { content: 256 * mebibyte, virtualSize: 256 * mebibyte };
  const stage = await fetchStage(context, { limits, tries: { count: 3, firstDelay: hour } });
  // Some hundred MiB are unpacked from the first piece, so its connection has long broken when there are too many.
  const published = Buffer.concat(new Array(16).fill(gzipSync(Buffer.alloc(64 * mebibyte))));
  const server = await serveImages(context, (_, response) => breakOff(response, published, published.length - mebibyte / 4));
  const definition = definitionOf(`${server.url}/disk`, { compression: 'gz' });
  await assertRefused(stage, definition, 'image.unusable', /unpacked it has more than 256MiB/);
  assert.equal(server.asked.length, 1);
});

test('SC8 several members of a gzip and several frames of a zstd are one image', async (context) => {
  const { fetcher, library } = await fetchStage(context);
  const parts = [disk.subarray(0, 100_000), disk.subarray(100_000, 100_512), disk.subarray(100_512)];
  for (const [compression, pack] of [
    ['gz', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const content = Buffer.concat(parts.map((part) => pack(part)));
    const server = await serveImages(context, (request, response) => sendFile(request, response, content));
    const image = await fetcher.fetch(definitionOf(`${server.url}/disk`, { compression }));
    assert.deepEqual(await readFile(library.path(image.sha256, 'raw')), disk);
  }
});

test('SC8 what would unpack or grow beyond the limits is refused early', async (context) => {
  const limits = { content: 4 * mebibyte, virtualSize: 4 * mebibyte };
  const refused = await refusing(context, { limits });
  const bomb = zstdCompressSync(Buffer.alloc(64 * mebibyte));
  assert.ok(bomb.length < 10_000);
  await refused(bomb, /unpacked it has more than 4MiB/, { compression: 'zstd' });
  await refused(gzipSync(Buffer.alloc(8 * mebibyte)), /unpacked it has more than 4MiB/, { compression: 'gz' });
  await refused(randomBytes(5 * mebibyte), /it has 5242880 bytes, more than 4MiB/);
  const file = path.join(await temporaryFolder(context), 'qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', file, '8M']);
  await refused(await readFile(file), /would have 8388608 bytes; from 512 bytes to 4MiB/);
  const endless = await serveImages(context, (_, response) => {
    const send = () => {
      while (!response.destroyed && response.write(disk));
    };
    response.writeHead(200).on('drain', send);
    send();
  });
  await assertRefused(
    await fetchStage(context, { limits }),
    definitionOf(`${endless.url}/disk`),
    'image.unusable',
    /it has more than 4MiB/,
  );
});

test('SC8 a server that promises more than it sends is asked for the rest in vain, and told with how far it came', async (context) => {
  const server = await serveImages(context, (request, response) => {
    const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
    if (from === 0) return breakOff(response, disk, mebibyte);
    response.writeHead(206, {
      etag: '"one"',
      'content-range': `bytes ${from}-${disk.length - 1}/${disk.length}`,
      'content-length': disk.length - from,
    });
    response.flushHeaders();
    response.socket?.end();
  });
  const words = /the connection broke \(aborted\), after \d+ of 2097152 bytes, 3 times in turn/;
  await assertRefused(await fetchStage(context), definitionOf(`${server.url}/disk`), 'image.fetch', words);
});

test('SC8 a server that promises less than it sends gives no image', async (context) => {
  const head = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1048577\r\n\r\n';
  const url = await serveBytes(context, (socket) => socket.end(Buffer.concat([Buffer.from(head), disk])));
  const stage = await fetchStage(context);
  await assertRefused(stage, definitionOf(url), 'image.unusable', /1048577 bytes are no multiple of 512/);
  const checksum = { algorithm: 'sha256', value: createHash('sha256').update(disk).digest('hex') } as const;
  await assertRefused(stage, definitionOf(url, { checksum }), 'image.unusable', /its sha256 is .* and should be/);
});

test('SC8 a server that sends more than the rest of the file as its rest gives no image, and is not asked for more', async (context) => {
  const server = await serveImages(context, (request, response) => {
    const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
    if (from === 0) return breakOff(response, disk, mebibyte);
    response.writeHead(206, { etag: '"one"', 'content-range': `bytes ${from}-${disk.length - 1}/${disk.length}` }).end(disk);
  });
  const words = /it promised 2097152 bytes and sent more/;
  await assertRefused(await fetchStage(context), definitionOf(`${server.url}/disk`), 'image.unusable', words);
  assert.equal(server.asked.length, 2);
});

test('SC8 a server that does not speak HTTP, does not answer or stops in the middle is given up', async (context) => {
  const stage = await fetchStage(context, { times: { answer: 50, idle: 50 }, tries: { count: 2, firstDelay: 1 } });
  const strange = await serveBytes(context, (socket) => socket.end('220 ready\r\n'));
  await assertRefused(stage, definitionOf(strange), 'image.fetch', /Parse Error/);
  const silent = await serveBytes(context, () => undefined);
  await assertRefused(stage, definitionOf(silent), 'image.fetch', /did not answer within 0.05 s, 2 times in turn/);
  const stopping = await serveBytes(context, (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\nhalf'));
  await assertRefused(stage, definitionOf(stopping), 'image.fetch', /nothing more came for 0.05 s, after 4 of 1024 bytes, 2 times in turn/);
});

test('SC8 a server that sends byte by byte, or a byte with each connection, is given up, so that other images get their turn', async (context) => {
  const stage = await fetchStage(context, { times: { answer: 10_000, idle: 1000 }, tries: { count: 3, firstDelay: 1 } });
  const slow = await serveBytes(context, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n');
    const drip = setInterval(() => socket.write('a'), 5);
    socket.once('close', () => clearInterval(drip));
  });
  await assertRefused(stage, definitionOf(slow), 'image.fetch', /it is too slow: \d+ bytes came in 1 s$/);
  const stingy = await serveImages(context, (request, response) => {
    const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
    const headers = { etag: '"one"', 'content-range': `bytes ${from}-${disk.length - 1}/${disk.length}` };
    response.writeHead(from === 0 ? 200 : 206, { ...headers, 'content-length': disk.length - from });
    response.write(disk.subarray(from, from + 1), () => response.socket?.end());
  });
  // A byte that comes together with the break may be lost.
  const words = /the connection broke \(aborted\).*, 3 times in turn/;
  await assertRefused(stage, definitionOf(`${stingy.url}/disk`), 'image.fetch', words);
});

test('SC8 redirects are followed, but not round in a circle, without end, or to another kind of URL', async (context) => {
  const server = await serveImages(context, (request, response) => {
    const [, way, step] = /^\/(\w+)\/?(\d+)?$/.exec(request.url ?? '') ?? [];
    const to = {
      circle: step === '1' ? '/circle/0' : '/circle/1',
      far: `/far/${Number(step) + 1}`,
      file: 'file:///etc/passwd',
      moved: 'disk',
      nowhere: undefined,
    };
    const location = to[way as keyof typeof to];
    if (way === 'disk') sendFile(request, response, disk);
    else response.writeHead(302, location === undefined ? {} : { location }).end();
  });
  const stage = await fetchStage(context);
  const refused = (place: string, words: RegExp) => assertRefused(stage, definitionOf(`${server.url}${place}`), 'image.fetch', words);
  await refused('/circle/0', /in a loop: .*\/circle\/0 → .*\/circle\/1 → .*\/circle\/0$/);
  await refused('/far/0', /more than 10 times: .*\/far\/10 → /);
  await refused('/file', /redirects to file:\/\/\/etc\/passwd, which is not followed/);
  await refused('/nowhere', /redirects to nowhere/);
  assert.equal((await stage.fetcher.fetch(definitionOf(`${server.url}/moved`))).size, disk.length);
});

test('SC8 a server that encodes what it sends is refused', async (context) => {
  const server = await serveImages(context, (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(disk)));
  await assertRefused(await fetchStage(context), definitionOf(`${server.url}/disk`), 'image.fetch', /encodes what it sends \("gzip"\)/);
  assert.equal(server.asked[0]?.headers['accept-encoding'], 'identity');
});

test('SC8 a disk that is full, or would be, is reported as such and left with room', async (context) => {
  const folder = path.join(await temporaryFolder(context), 'small');
  await mkdir(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
  try {
    const stage = await fetchStage(context, { home: folder });
    const large = randomBytes(8 * mebibyte);
    const repeated = Buffer.alloc(8 * mebibyte, 'repeated');
    const server = await serveImages(context, (request, response) => {
      if (request.url === '/told') return sendFile(request, response, large);
      // Without its length.
      response.writeHead(200, { etag: '"one"' });
      response.end(request.url === '/packed' ? zstdCompressSync(repeated) : large);
    });
    await assertRefused(stage, definitionOf(`${server.url}/told`), 'disk.full', /has 8388608 bytes, and .* has room for/);
    await assertRefused(stage, definitionOf(`${server.url}/untold`), 'disk.full', /the disk is full/);
    await assertRefused(stage, definitionOf(`${server.url}/packed`, { compression: 'zstd' }), 'disk.full', /the disk is full/);

    // Of a file of this machine only what is in it takes room, not its holes.
    const sparse = path.join(await temporaryFolder(context), 'sparse.raw');
    await writeFile(sparse, randomBytes(mebibyte));
    await truncate(sparse, 64 * mebibyte);
    assert.equal((await stage.fetcher.fetch(definitionOf(pathToFileURL(sparse).href))).virtualSize, 64 * mebibyte);
  } finally {
    execFileSync('umount', [folder]);
  }
});
