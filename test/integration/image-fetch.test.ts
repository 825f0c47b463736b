import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { FetchProgress } from '../../src/images/fetch/fetch.ts';
import { readLocal } from '../../src/images/fetch/local.ts';
import { PartialFile } from '../../src/images/fetch/partial.ts';
import type { Compression } from '../../src/model/image/definition.ts';
import { definitionOf, fetchStage, refusal, sendFile, serveImages, temporaryFolder } from './image-server.ts';

const mebibyte = 1024 ** 2;
/** Of 12 MiB, 8 of them zeros. */
const disk = Buffer.concat([randomBytes(2 * mebibyte), Buffer.alloc(8 * mebibyte), randomBytes(2 * mebibyte)]);
const hashOf = (content: Buffer, algorithm = 'sha256') => createHash(algorithm).update(content).digest('hex');
const packedBy = (program: string) => (content: Buffer) => execFileSync(program, ['-c'], { input: content, maxBuffer: 64 * mebibyte });
const packers: Record<Compression, (content: Buffer) => Buffer> = {
  none: (content) => content,
  gz: gzipSync,
  zstd: zstdCompressSync,
  xz: packedBy('xz'),
  bz2: packedBy('bzip2'),
};

test('SC8 an image of each compression is unpacked on its way, kept under the sha256 of what is stored, with holes for zeros', async (context) => {
  const { folder, library, fetcher } = await fetchStage(context);
  for (const [compression, pack] of Object.entries(packers) as [Compression, (content: Buffer) => Buffer][]) {
    const published = pack(disk);
    const server = await serveImages(context, (request, response) => sendFile(request, response, published));
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const checksum = { algorithm, value: hashOf(published, algorithm).toUpperCase() };
      const image = await fetcher.fetch(definitionOf(`${server.url}/disk`, { compression, checksum }));
      assert.deepEqual(image, {
        sha256: hashOf(disk),
        format: 'raw',
        size: disk.length,
        virtualSize: disk.length,
        failures: [],
        source: `${server.url}/disk`,
      });
      assert.equal(hashOf(await readFile(library.path(image.sha256, 'raw'))), image.sha256);
      const { blocks, mode } = await stat(library.path(image.sha256, 'raw'));
      assert.ok(blocks * 512 < 5 * mebibyte, `${compression}: ${blocks * 512} bytes are allocated`);
      assert.equal(mode & 0o777, 0o644);
      assert.deepEqual(await readdir(path.join(folder, 'fetch')), []);
      await library.remove(image.sha256);
    }
  }
});

test('SC8 however many ask at one time, one request is made, and each hears the progress', async (context) => {
  const server = await serveImages(context, (request, response) => sendFile(request, response, disk));
  const { fetcher } = await fetchStage(context);
  const progress: FetchProgress[][] = [[], [], []];
  const images = await Promise.all(
    progress.map((heard, index) =>
      // Another name for the same file is the same file.
      fetcher.fetch(definitionOf(`${server.url}/disk?token=secret`, { name: `disk${index}` }), { onProgress: (one) => heard.push(one) }),
    ),
  );
  assert.equal(new Set(images.map(({ sha256 }) => sha256)).size, 1);
  assert.equal(server.asked.length, 1);
  for (const heard of progress) {
    assert.deepEqual(heard.at(-1), { phase: 'download', received: disk.length, total: disk.length, source: `${server.url}/disk?…` });
    assert.ok(heard.length > 5 && heard.every(({ received }, index) => received > (heard[index - 1]?.received ?? 0)));
  }
});

test('SC8 a fetch continues while any caller waits for it, and ends with the last', async (context) => {
  const held: (() => void)[] = [];
  const server = await serveImages(context, (request, response) => {
    response.on('close', () => closed.resolve());
    held.push(() => sendFile(request, response, disk));
    asked.resolve();
  });
  let [asked, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { fetcher, library } = await fetchStage(context);
  const [one, other] = [new AbortController(), new AbortController()];
  const definition = definitionOf(`${server.url}/disk`);
  const fetching = [one, other].map(({ signal }) => fetcher.fetch(definition, { signal }));
  await asked.promise;
  one.abort(new Error('not me'));
  await assert.rejects(fetching[0] ?? Promise.resolve(), /not me/);
  held[0]?.();
  assert.equal((await fetching[1])?.sha256, hashOf(disk));

  await library.remove(hashOf(disk));
  [asked, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const last = new AbortController();
  const alone = fetcher.fetch(definition, { signal: last.signal });
  await asked.promise;
  last.abort(new Error('nor me'));
  await assert.rejects(alone, /nor me/);
  await closed.promise;
  assert.deepEqual(await library.list(), []);
});

test('SC8 the checksum is read from a list that is fetched first; one that does not list the file is reported', async (context) => {
  const server = await serveImages(context, (request, response) => {
    if (request.url === '/SHA256SUMS') response.end(`${hashOf(disk)}  disk.raw\n${'0'.repeat(64)} *other.raw\n`);
    else if (request.url === '/missing') response.writeHead(404).end('<html>no</html>');
    else sendFile(request, response, disk);
  });
  const { fetcher } = await fetchStage(context);
  const fetching = (url: string, file: string) =>
    fetcher.fetch(definitionOf(`${server.url}/disk.raw`, { checksum: { algorithm: 'sha256', url: `${server.url}${url}`, file } }));
  assert.equal((await fetching('/SHA256SUMS', 'disk.raw')).sha256, hashOf(disk));
  await assert.rejects(fetching('/SHA256SUMS', 'other.raw'), refusal('image.unusable', /its sha256 is .* and should be 0{64}/));
  await assert.rejects(fetching('/SHA256SUMS', 'absent.raw'), refusal('image.unusable', /"absent.raw".*SHA256SUMS.*disk/));
  await assert.rejects(fetching('/missing', 'disk.raw'), refusal('image.fetch', /checksums of the image disk.*\/missing: .*404/));
});

test('SC8 mirrors are tried in turn, and the error names each with its reason and no password', async (context) => {
  let failing = true;
  const server = await serveImages(context, (request, response) => {
    if (request.url === '/busy') response.writeHead(503).end();
    else if (request.url?.startsWith('/gone') || failing) response.writeHead(404).end();
    else sendFile(request, response, disk);
  });
  const { fetcher } = await fetchStage(context);
  const withPassword = server.url.replace('http://', 'http://user:hidden@');
  const definition = definitionOf([`${server.url}/busy`, `${withPassword}/gone?key=hidden`, `${server.url}/good`]);
  await assert.rejects(fetcher.fetch(definition), (thrown: unknown) => {
    assert.ok(thrown instanceof Error && !thrown.message.includes('hidden'));
    return refusal('image.fetch', /any of its 3 sources: .*\/busy: .*503, 3 times in turn; .*\/gone\?…: .*404; .*\/good: .*404/)(thrown);
  });
  assert.deepEqual(
    server.asked.map((one) => one.path),
    ['/busy', '/gone?key=hidden', '/good', '/busy', '/busy', '/busy'],
    'one that may answer later keeps nobody from the next, and is tried again at last',
  );
  assert.equal(server.asked[1]?.headers.authorization, `Basic ${Buffer.from('user:hidden').toString('base64')}`);
  failing = false;
  const { source, failures } = await fetcher.fetch(definition);
  assert.equal(source, `${server.url}/good`);
  assert.deepEqual(
    failures.map(({ source: failed, reason }) => `${failed}: ${reason}`),
    [`${server.url}/busy: it answered with status 503`, `${server.url}/gone?…: it answered with status 404`],
  );
  assert.equal(server.asked.length, 9);
});

test('SC8 an image of this machine is fetched by its file URL, and only from a regular file', async (context) => {
  const { fetcher, library } = await fetchStage(context);
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'disk with spaces.raw.zst');
  await writeFile(file, zstdCompressSync(disk));
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const definition = definitionOf(pathToFileURL(file).href, { compression: 'zstd' });
  const image = await fetcher.fetch(definition);
  assert.equal(image.sha256, hashOf(disk));
  assert.equal(await library.verify(image.sha256, image.format), true);
  assert.equal((await stat(file)).isFile(), true);
  const nowhere = [pathToFileURL(folder).href, pathToFileURL(pipe).href, 'file:///nowhere/disk', 'file://host/disk'];
  await assert.rejects(
    fetcher.fetch(definitionOf(nowhere)),
    refusal('image.fetch', /not a regular file; .*\/pipe: it is not a regular file; .*ENOENT.*; file:\/\/host\/disk: .*host/),
  );
});

test('SC8 a fetch of a file of this machine that is given up before it is read ends as given up', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'disk.raw');
  await writeFile(file, disk);
  const abort = new AbortController();
  await using partial = await PartialFile.create(
    { path: path.join(folder, 'part'), name: 'disk', algorithms: ['sha256'], interval: 1, durable: true },
    '',
  );
  const announced = async (): Promise<void> => abort.abort(new Error('not any more'));
  const job = { url: pathToFileURL(file), partial, signal: abort.signal, announced, received: () => assert.fail('nothing is read') };
  await assert.rejects(readLocal(job).next(), /not any more/);
});

test('SC8 a checksum list of this machine is read only from a regular file of a size that lists have', async (context) => {
  const { fetcher } = await fetchStage(context);
  const folder = await temporaryFolder(context);
  const [file, list, pipe] = ['disk.raw', 'SHA256SUMS', 'pipe'].map((name) => path.join(folder, name)) as [string, string, string];
  await writeFile(file, disk);
  await writeFile(list, `${hashOf(disk)}  disk.raw\n`);
  execFileSync('mkfifo', [pipe]);
  const fetching = (from: string) =>
    fetcher.fetch(
      definitionOf(pathToFileURL(file).href, { checksum: { algorithm: 'sha256', url: pathToFileURL(from).href, file: 'disk.raw' } }),
    );
  assert.equal((await fetching(list)).sha256, hashOf(disk));
  await truncate(list, 4 * 1024 ** 2 + 1);
  await assert.rejects(fetching(list), refusal('image.fetch', /checksums of the image disk .*SHA256SUMS: it has more than 4194304 bytes/));
  for (const strange of [pipe, '/dev/zero', folder]) {
    await assert.rejects(fetching(strange), refusal('image.fetch', /checksums of the image disk .*: it is not a regular file/));
  }
});

test('SC8 a proxy of the environment is used, save for what no_proxy names', async (context) => {
  const server = await serveImages(context, (request, response) => sendFile(request, response, disk));
  const proxy = await serveImages(context, (request, response) => sendFile(request, response, disk));
  const definition = definitionOf('http://images.invalid/disk');
  for (const name of ['http_proxy', 'HTTP_PROXY']) {
    const { fetcher } = await fetchStage(context, { proxies: { [name]: proxy.url } });
    assert.equal((await fetcher.fetch(definition)).sha256, hashOf(disk));
  }
  assert.deepEqual(
    proxy.asked.map((one) => one.path),
    ['http://images.invalid/disk', 'http://images.invalid/disk'],
  );
  const { fetcher } = await fetchStage(context, { proxies: { http_proxy: proxy.url, no_proxy: '127.0.0.1' } });
  await fetcher.fetch(definitionOf(`${server.url}/disk`));
  assert.equal(proxy.asked.length, 2);
});

test('SC8 an image in the library that was changed since is found out', async (context) => {
  const { library } = await fetchStage(context);
  const source = path.join(await temporaryFolder(context), 'disk');
  await writeFile(source, disk);
  const { sha256 } = await library.add(source);
  assert.equal(await library.verify(sha256, 'raw'), true);
  assert.equal(await library.verify(sha256, 'qcow2'), false);
  await writeFile(library.path(sha256, 'raw'), Buffer.alloc(disk.length));
  assert.equal(await library.verify(sha256, 'raw'), false);
});

test('SC8 an invalid proxy is reported at once, without its password', async (context) => {
  await assert.rejects(fetchStage(context, { proxies: { https_proxy: 'http://me:hidden@proxy:99999' } }), (thrown: unknown) => {
    assert.ok(thrown instanceof Error && !thrown.message.includes('hidden'));
    return refusal('input.invalid', /https_proxy/)(thrown);
  });
});
