import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { zstdCompressSync } from 'node:zlib';
import { definitionOf, serveImages, temporaryFolder } from './image-server.ts';

const fetching = fileURLToPath(new URL('image-fetching.ts', import.meta.url));
const mebibyte = 1024 ** 2;
/** One of several frames, as zstd files may have; random, so that it is as large unpacked as it is packed. */
const frame = zstdCompressSync(randomBytes(8 * mebibyte));

/** Fetches an image of that many frames in a process of its own, started as a controller is; resolves with the bytes that its memory grew by. */
async function growthOver(context: TestContext, frames: number): Promise<number> {
  const home = await temporaryFolder(context);
  const server = await serveImages(context, (_, response) => {
    response.writeHead(200, { 'content-length': frame.length * frames });
    Readable.from(Array.from({ length: frames }, () => frame)).pipe(response);
  });
  const definition = definitionOf(`${server.url}/disk.zst`, { compression: 'zstd' });
  const flags = /--max-semi-space-size=\S+ --heap-growing-percent=\S+/.exec(
    await readFile(new URL('../../croft', import.meta.url), 'utf8'),
  );
  assert.ok(flags);
  const { stdout } = await promisify(execFile)(process.execPath, [...flags[0].split(' '), fetching, home, JSON.stringify(definition)]);
  const [file = ''] = await readdir(path.join(home, 'library'));
  const { size } = await stat(path.join(home, 'library', file));
  assert.equal(size, frames * 8 * mebibyte);
  return Number(stdout);
}

test('SC8 a fetch takes no more memory for a large image than for a small one, and far less than the image', async (context) => {
  const small = await growthOver(context, 8);
  const large = await growthOver(context, 96);
  assert.ok(large < 128 * mebibyte, `768 MiB took ${large / mebibyte} MiB of memory`);
  assert.ok(large - small < 64 * mebibyte, `768 MiB took ${large / mebibyte} MiB of memory, 64 MiB took ${small / mebibyte} MiB`);
});
