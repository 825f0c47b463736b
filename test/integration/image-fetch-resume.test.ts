import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type FetchProgress, type FetchTools, fetchImage } from '../../src/images/fetch/image.ts';
import { createRequester } from '../../src/images/fetch/request.ts';
import { usualLimits } from '../../src/images/library/limits.ts';
import type { ImageDefinition } from '../../src/model/image/definition.ts';
import { until } from '../support/until.ts';
import { breakOff, definitionOf, fetchStage, type ImageServer, refusal, sendFile, serveImages, temporaryFolder } from './image-server.ts';

const mebibyte = 1024 ** 2;
const disk = Buffer.concat([randomBytes(mebibyte), Buffer.alloc(2 * mebibyte), randomBytes(6 * mebibyte + 512)]);
const sha256 = createHash('sha256').update(disk).digest('hex');
const checksum = { algorithm: 'sha256', value: sha256 } as const;
const fetching = fileURLToPath(new URL('image-fetching.ts', import.meta.url));

/** Bytes that may have left the server and are lost with the connection. */
const lost = 512 * 1024;

/** Where the part that was asked for begins; null where all was asked for. */
const starts = ({ asked }: ImageServer) =>
  asked.map(({ range }) => (range === undefined ? null : Number(/^bytes=(\d+)-$/.exec(range)?.[1])));

/** Null stands for a request of all, a number for one of what lies there or a little before. */
function assertStarts(server: ImageServer, wanted: readonly (number | null)[], skipped = 0): void {
  const found = starts(server).slice(skipped);
  const fits = (start: number | null, place: number | null | undefined) =>
    start === null || place === null || place === undefined ? start === place : start <= place && start > place - lost;
  assert.ok(found.length === wanted.length && found.every((start, index) => fits(start, wanted[index])), `${found} instead of ${wanted}`);
}

test('SC8 a download whose connection breaks, again and again, is resumed where it broke', async (context) => {
  const { fetcher } = await fetchStage(context);
  for (const compression of ['none', 'gz'] as const) {
    const published = compression === 'gz' ? gzipSync(disk) : disk;
    const places = [1, 2, 3, 4].map((part) => part * mebibyte + 77);
    const server = await serveImages(context, (request, response, asked) => {
      const place = places[asked.length - 1];
      if (place === undefined) return sendFile(request, response, published);
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      const headers = { etag: '"one"', 'content-range': `bytes ${from}-${published.length - 1}/${published.length}` };
      response.writeHead(from === 0 ? 200 : 206, { ...headers, 'content-length': published.length - from });
      response.write(published.subarray(from, place), () => response.socket?.end());
    });
    assert.equal((await fetcher.fetch(definitionOf(`${server.url}/disk`, { compression }))).sha256, sha256);
    assertStarts(server, [null, ...places]);
    assert.ok(server.asked.slice(1).every(({ headers }) => headers['if-range'] === '"one"'));
  }
});

test('SC8 a download begins again where the file has changed, or the server sends all of it or another part', async (context) => {
  const { fetcher } = await fetchStage(context);
  const part = (response: ServerResponse, etag: string, from: number, size = disk.length) =>
    response.writeHead(206, { etag, 'content-range': `bytes ${from}-${size - 1}/${size}` }).end(disk.subarray(from));
  const answers: ((response: ServerResponse, from: number) => void)[] = [
    (response) => response.writeHead(200, { etag: '"two"', 'content-length': disk.length }).end(disk),
    (response, from) => part(response, '"two"', from),
    (response, from) => part(response, '"one"', from - 512),
    (response, from) => part(response, '"one"', from, disk.length + 1),
    (response) => response.writeHead(416).end(),
  ];
  for (const answer of answers) {
    const server = await serveImages(context, (request, response, asked) => {
      if (asked.length === 1) breakOff(response, randomBytes(disk.length), mebibyte);
      else if (asked.length === 2) answer(response, Number(/\d+/.exec(request.headers.range ?? '')?.[0]));
      else sendFile(request, response, disk, '"two"');
    });
    assert.equal((await fetcher.fetch(definitionOf(`${server.url}/disk`))).sha256, sha256);
    assertStarts(server, [null, mebibyte, null]);
  }
});

test('SC8 a download is resumed by its date, and begins again where a server gives nothing to resume by', async (context) => {
  const { fetcher } = await fetchStage(context);
  const date = 'Tue, 03 Mar 2026 10:00:00 GMT';
  const expected: [Record<string, string>, (number | null)[]][] = [
    [{ 'last-modified': date }, [null, mebibyte]],
    [{ 'last-modified': date, etag: 'W/"weak"' }, [null, mebibyte]],
    [{ etag: 'W/"weak"' }, [null, null]],
    [{}, [null, null]],
  ];
  for (const [headers, wanted] of expected) {
    const server = await serveImages(context, (request, response, asked) => {
      if (asked.length === 1) return breakOff(response, disk, mebibyte, headers);
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      if (request.headers['if-range'] === date) {
        response.writeHead(206, { 'content-range': `bytes ${from}-${disk.length - 1}/${disk.length}` }).end(disk.subarray(from));
        return;
      }
      response.writeHead(200, { 'content-length': disk.length, ...headers }).end(disk);
    });
    assert.equal((await fetcher.fetch(definitionOf(`${server.url}/disk`))).sha256, sha256);
    assertStarts(server, wanted);
  }
});

test('SC8 where the parts of two files were put together, which the checksum shows, the download begins again', async (context) => {
  const { fetcher } = await fetchStage(context);
  const server = await serveImages(context, (request, response, asked) => {
    if (asked.length === 1) breakOff(response, randomBytes(disk.length), mebibyte);
    else sendFile(request, response, disk);
  });
  assert.equal((await fetcher.fetch(definitionOf(`${server.url}/disk`, { checksum }))).sha256, sha256);
  assertStarts(server, [null, mebibyte, null]);
});

/** Starts a process that fetches, and kills it once it has noted that at least so many bytes are there. */
async function fetchUntilKilled(context: TestContext, home: string, definition: ImageDefinition, length: number): Promise<number> {
  const child = spawn(process.execPath, [fetching, home, JSON.stringify(definition)], { stdio: ['ignore', 'ignore', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const noted = await until('enough of the image was noted', async () => {
    const [name] = (await readdir(path.join(home, 'fetch')).catch(() => [])).filter((one) => one.endsWith('.json'));
    const note: { length: number } | null = name === undefined ? null : JSON.parse(await readFile(path.join(home, 'fetch', name), 'utf8'));
    return note !== null && note.length >= length ? note.length : undefined;
  });
  child.kill('SIGKILL');
  assert.equal((await ended)[1], 'SIGKILL');
  return noted;
}

test('SC8 after the controller was killed only the rest is asked for, and nothing of the part is in the library', async (context) => {
  for (const compression of ['none', 'gz'] as const) {
    const published = compression === 'gz' ? gzipSync(disk) : disk;
    const server = await serveImages(context, (request, response, asked) => {
      if (asked.length > 1) return sendFile(request, response, published);
      response.writeHead(200, { etag: '"one"', 'content-length': published.length });
      response.write(published.subarray(0, 4 * mebibyte));
    });
    const home = await temporaryFolder(context);
    const definition = definitionOf(`${server.url}/disk`, { compression });
    await fetchUntilKilled(context, home, definition, 3 * mebibyte);
    const { library, fetcher } = await fetchStage(context, { home });
    assert.deepEqual(await library.list(), []);
    assert.equal((await fetcher.fetch(definition)).sha256, sha256);
    const [, start] = starts(server);
    assert.ok(start !== null && start !== undefined && start >= 3 * mebibyte && start <= 4 * mebibyte, `from ${start}`);
    assert.equal(server.asked.length, 2);
    assert.deepEqual(await readdir(path.join(home, 'fetch')), []);
  }
});

/** A stage with a partial download of 4 MiB; `files` are what is in the fetcher's folder, the note last. */
async function withPartial(context: TestContext) {
  let served: Buffer = disk;
  let etag = '"one"';
  const server = await serveImages(context, (request, response, asked) => {
    if (asked.length === 1) breakOff(response, served, 4 * mebibyte);
    else if (asked.length === 2) response.writeHead(404).end();
    else sendFile(request, response, served, etag);
  });
  const stage = await fetchStage(context);
  const definition = definitionOf(`${server.url}/disk`);
  await assert.rejects(stage.fetcher.fetch(definition), refusal('image.fetch', /404/));
  const folder = path.join(stage.folder, 'fetch');
  const files = (await readdir(folder)).sort().map((name) => path.join(folder, name));
  assert.equal(files.length, 2);
  const [part = '', note = ''] = files;
  const publish = (content: Buffer, tag: string) => {
    [served, etag] = [content, tag];
  };
  return { ...stage, server, definition, fetchFolder: folder, part, note, publish };
}

test('SC8 a part that is not on the disk as it was noted is not resumed; one with more than was noted is', async (context) => {
  const damages: [(part: string, note: string) => Promise<unknown>, number | null][] = [
    [(part) => appendFile(part, 'more'), 4 * mebibyte],
    [(_, note) => writeFile(note, '{"length":'), null],
    [(part) => writeFile(part, ''), null],
    [(part) => rm(part), null],
    [
      async (part) => {
        await using file = await open(part, 'r+');
        await file.write('damaged', 1000);
      },
      null,
    ],
  ];
  for (const [damage, wanted] of damages) {
    const { fetcher, server, definition, part, note } = await withPartial(context);
    await damage(part, note);
    assert.equal((await fetcher.fetch(definition)).sha256, sha256);
    assertStarts(server, [wanted], 2);
  }
});

test('SC8 a file that was published again since the controller was killed is fetched from its beginning', async (context) => {
  const { fetcher, server, definition, publish } = await withPartial(context);
  const other = randomBytes(5 * mebibyte);
  publish(other, '"two"');
  assert.equal((await fetcher.fetch(definition)).sha256, createHash('sha256').update(other).digest('hex'));
  assertStarts(server, [4 * mebibyte, null], 2);
});

test('SC8 what was downloaded wholly is only asked about', async (context) => {
  const { fetcher, server, definition, part, note } = await withPartial(context);
  await writeFile(part, disk);
  const noted = JSON.parse(await readFile(note, 'utf8'));
  await writeFile(note, JSON.stringify({ ...noted, length: disk.length, digest: sha256 }));
  assert.equal((await fetcher.fetch(definition)).sha256, sha256);
  assert.equal(server.asked[2]?.headers['if-none-match'], '"one"');
  assert.equal(server.asked.length, 3);
});

test('SC8 a fetch that is given up while it reads what was downloaded before ends then, and leaves that for the next one', async (context) => {
  const { library, fetchFolder, definition, part, note, fetcher, server } = await withPartial(context);
  const noted = await readFile(note, 'utf8');
  const abort = new AbortController();
  const told: number[] = [];
  const tools: FetchTools = {
    ...{ library, folder: fetchFolder, limits: usualLimits, tries: { count: 1, firstDelay: 1 }, interval: mebibyte },
    requester: createRequester({}, { answer: 30_000, idle: 30_000 }),
  };
  const onProgress = ({ received }: FetchProgress) => {
    told.push(received);
    abort.abort(new Error('given up'));
  };
  const request = { definition, key: path.basename(part, '.part'), signal: abort.signal, onProgress };
  await assert.rejects(fetchImage(tools, request), /given up/);
  assert.deepEqual(told, [mebibyte]);
  assert.equal(await readFile(note, 'utf8'), noted);
  await fetcher.fetch(definition);
  assertStarts(server, [4 * mebibyte], 2);
});

test('SC8 parts of what a definition was before, old parts and strange files are removed; parts of others stay', async (context) => {
  const { fetcher, server, definition, fetchFolder } = await withPartial(context);
  const strange = path.join(fetchFolder, `${'0'.repeat(64)}.content`);
  await writeFile(strange, 'unpacked');
  await fetcher.fetch({ ...definition, name: 'another', sources: [`${server.url}/another`] });
  assert.equal((await readdir(fetchFolder)).length, 2);
  await fetcher.fetch({ ...definition, sources: [`${server.url}/newer`] });
  assert.deepEqual(await readdir(fetchFolder), []);

  const later = await withPartial(context);
  const monthLater = await fetchStage(context, { home: later.folder, now: () => Date.now() + 30 * 24 * 3600 * 1000 });
  await monthLater.fetcher.fetch({ ...later.definition, name: 'another', sources: [`${later.server.url}/another`] });
  assert.deepEqual(await readdir(later.fetchFolder), []);
});

test('SC8 the rest of a file that was changed meanwhile is not put behind the part of the old one, with dates as with ETags', async (context) => {
  const [old, other] = [disk, randomBytes(disk.length)];
  const [before, after] = ['Mon, 02 Nov 2026 10:00:00 GMT', 'Tue, 03 Nov 2026 10:00:00 GMT'];
  const server = await serveImages(context, (request, response, asked) => {
    if (asked.length === 1) return breakOff(response, old, 4 * mebibyte, { 'last-modified': before });
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    // Against RFC 9110, 13.1.5 it looks at no condition: it sends the part of what it has now.
    const part = Number.isNaN(from) ? other : other.subarray(from);
    if (!Number.isNaN(from)) response.setHeader('content-range', `bytes ${from}-${other.length - 1}/${other.length}`);
    response.writeHead(Number.isNaN(from) ? 200 : 206, { 'last-modified': after, 'content-length': part.length }).end(part);
  });
  const { fetcher } = await fetchStage(context);
  assert.equal((await fetcher.fetch(definitionOf(`${server.url}/disk`))).sha256, createHash('sha256').update(other).digest('hex'));
});

test('SC8 the download of an image that was removed is gone once its fetch has ended; a download that cannot be resumed is removed', async (context) => {
  for (const headers of [{ etag: '"one"' }, {}] as Record<string, string>[]) {
    let breakNow = () => {};
    const server = await serveImages(context, (_, response) => {
      response.writeHead(200, { 'content-length': disk.length, ...headers });
      response.write(disk.subarray(0, 4 * mebibyte));
      breakNow = () => response.socket?.destroy();
    });
    const { fetcher, folder } = await fetchStage(context);
    const abort = new AbortController();
    const begun = Promise.withResolvers<void>();
    const onProgress = () => begun.resolve();
    const fetched = fetcher.fetch(definitionOf(`${server.url}/disk`), { signal: abort.signal, onProgress });
    await Promise.all([begun.promise.then(() => abort.abort(new Error('removed'))), assert.rejects(fetched, /removed/)]);
    await fetcher.discard((name) => name === 'disk');
    assert.deepEqual(await readdir(path.join(folder, 'fetch')), [], JSON.stringify(headers));

    const failing = fetcher.fetch(definitionOf(`${server.url}/disk`, { name: 'other' }), { onProgress: () => breakNow() });
    await assert.rejects(failing, refusal('image.fetch', /connection broke|times in turn/));
    const left = await readdir(path.join(folder, 'fetch'));
    assert.equal(left.length, 'etag' in headers ? 2 : 0, left.join());
  }
});
