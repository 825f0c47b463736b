/** Images from the network, by command and by slice file: real API, store, library, fetcher and web server over loopback. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { type Client, createClient } from '../../src/client/client.ts';
import { createImageIntake } from '../../src/controller/image-intake.ts';
import { createImageMaintenance } from '../../src/controller/image-maintenance.ts';
import { createImageMaps } from '../../src/controller/image-maps.ts';
import { ImageSweep } from '../../src/controller/image-sweep.ts';
import { createImageFetcher } from '../../src/images/fetch/fetch.ts';
import { openImageLibrary } from '../../src/images/library/library.ts';
import { ImagePuller } from '../../src/loops/image-puller.ts';
import { Journal } from '../../src/loops/journal.ts';
import { Fleet } from '../../src/loops/node/fleet.ts';
import type { Store } from '../../src/store/store.ts';
import { listen } from '../api/listen.ts';
import { setStage, token } from '../api/stand-ins.ts';
import { type Outcome, runFake } from '../support/fake-environment.ts';
import { sendFile, serveImages } from './image-server.ts';

const disk = Buffer.concat([randomBytes(1024 ** 2), Buffer.alloc(1024 ** 2)]);
const sha256 = createHash('sha256').update(disk).digest('hex');
const packed = zstdCompressSync(disk);
const packedSum = createHash('sha256').update(packed).digest('hex');

interface Site {
  client: Client;
  store: Store;
  folder: string;
  url: string;
  asked: { path: string }[];
  croft(words: string, input?: string): Promise<Outcome>;
}

/** A controller's image side, with an image map that names a web server which has one image. */
async function openSite(context: TestContext): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'croft-images-'));
  const undo = new AsyncDisposableStack();
  const server = await serveImages(context, (request, response) => {
    if (request.url === '/disk.raw.zst') sendFile(request, response, packed);
    else if (request.url === '/SHA256SUMS') response.end(`${packedSum}  disk.raw.zst\n`);
    else if (request.url === '/LIST') response.end(`${packedSum}  a.raw.zst\n`);
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<html>no</html>');
  });
  const own = join(folder, 'images.yaml');
  await writeFile(
    own,
    `default_label: best
aliases: { best: disk-1, broken: gone }
sizes: { large: { cpus: 4, memory: 4GiB } }
images:
  disk-1: { source: ${server.url}/disk.raw.zst, checksums: ${server.url}/SHA256SUMS, memory: 64MiB, cpus: 2 }
  gone: { source: '${server.url.replace('//', '//user:hidden@')}/gone.qcow2?key=hidden' }
`,
  );
  const library = await openImageLibrary({ folder: join(folder, 'images') });
  const fleet = new Fleet(() => assert.fail('there is no node'));
  const fail = (error: unknown): void => assert.fail(String(error));
  const stage = await setStage((store) => {
    const journal = new Journal(store.events, fail);
    const maps = createImageMaps({
      catalogue: own,
      own: { file: join(folder, 'none.yaml'), required: false },
      stored: async () => new Set((await store.images.list()).map(({ name }) => name)),
    });
    const delivery = { collect: () => assert.fail('there is no node'), verifyOnNode: () => assert.fail('there is no node') };
    const fetcher = createImageFetcher({ library, folder: join(folder, 'downloads'), proxies: {}, now: Date.now });
    const sweep = new ImageSweep({ store, library, delivery, fetcher, fleet, failed: fail });
    const arriving = <T>(work: () => Promise<T>): Promise<T> => sweep.arriving(work);
    const puller = new ImagePuller({ store, fetcher, journal, arriving, changed: () => undefined, failed: fail, now: Date.now });
    undo.defer(() => journal.flush());
    undo.defer(() => puller.stop());
    const workFolder = join(folder, 'micro');
    return {
      images: {
        ...createImageIntake({ store, library, maps, puller, workFolder, journal, sweep, wakeNodes: () => undefined, failed: fail }),
        ...createImageMaintenance({ store, library, delivery, fleet }),
        collect: (options) => sweep.collect(options),
      },
    };
  });
  const client = createClient({ url: await listen(stage), token });
  context.after(async () => {
    await undo.disposeAsync();
    await stage[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  return {
    ...{ client, store: stage.store, folder, url: server.url, asked: server.asked },
    croft: (words, input) => runFake(words.split(' '), { client, width: 200, ...(input !== undefined && { input }) }),
  };
}

test('SC6 SC8 an image of the map is fetched by its name, unpacked, verified, listed, exported and checked', async (context) => {
  const { croft, folder, asked } = await openSite(context);
  assert.match((await croft('image catalogue')).stdout, /^disk-1 +x86_64, BIOS +- +best +http/m);
  const pulled = await croft('image pull disk-1');
  assert.equal(pulled.code, 0, pulled.stderr);
  assert.equal(pulled.stdout, `image disk-1: raw, a disk of 2 MiB, sha256 ${sha256.slice(0, 12)}\n`);
  assert.match((await croft('image ls')).stdout, /^disk-1 +ready +raw +2 MiB +2 MiB +0 +0 /m);
  assert.match((await croft('image show disk-1')).stdout, /^from +http:\/\/127\.0\.0\.1:\d+\/disk\.raw\.zst$/m);
  assert.match((await croft('image catalogue')).stdout, /^disk-1 .* yes /m);
  const file = join(folder, 'exported');
  assert.equal((await croft(`image export disk-1 ${file}`)).code, 0);
  assert.deepEqual(await readFile(file), disk);
  assert.match((await croft('image verify disk-1')).stdout, /^controller +intact/m);
  await writeFile(join(folder, 'images', `${sha256}.raw`), 'damaged');
  const damaged = await croft('image verify disk-1');
  assert.equal(damaged.code, 1);
  assert.match(damaged.stdout, /^controller +damaged +fetch it again with: croft image pull disk-1/m);
  for (const [spoil, words] of [
    [() => writeFile(join(folder, 'images', `${sha256}.raw`), 'cut'), /has 3 bytes instead of 2097152.*croft image pull disk-1/s],
    [() => rm(join(folder, 'images', `${sha256}.raw`)), /cannot be read: ENOENT.*croft image pull disk-1/s],
  ] as const) {
    await spoil();
    const refused = await croft(`image export disk-1 ${file}`);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, words);
  }
  assert.equal((await croft('image pull disk-1')).code, 0);
  assert.match((await croft('image verify disk-1')).stdout, /^controller +intact/m);
  assert.equal(asked.filter(({ path }) => path === '/disk.raw.zst').length, 2);
});

test('SC7 a slice file names an image by label and size; what was never fetched is asked for, and its VM waits', async (context) => {
  const { croft, client, store } = await openSite(context);
  const applied = await croft('slice apply -f -', 'slice: a\nvms: { big: { image: "best:large" }, plain: {} }\n');
  assert.equal(applied.code, 0, applied.stderr);
  const [big, plain] = await Promise.all([client.vms.get('a', 'big'), client.vms.get('a', 'plain')]);
  assert.deepEqual([big.image, big.cpus, big.memory], ['disk-1', 4, 4 * 1024 ** 3]);
  assert.deepEqual([plain.image, plain.cpus, plain.memory], ['disk-1', 2, 64 * 1024 ** 2]);
  for (let pulls = await store.imagePulls.list(); pulls.length > 0; pulls = await store.imagePulls.list()) {
    for (const { reason } of pulls) assert.equal(reason, null);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await store.images.get('disk-1')).content?.sha256, sha256);
  assert.match((await croft('image rm disk-1')).stderr, /is used by a\/big, a\/plain/);
});

test('SC7 an unknown label or size is refused at its place, with near names', async (context) => {
  const { croft } = await openSite(context);
  const wrong = await croft('slice plan -f -', 'slice: a\nvms:\n  one: { image: besst }\n  two: { image: "best:larg" }\n');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /standard input:3:10: vms\.one\.image: unknown image or alias "besst": did you mean best\?/);
  assert.match(wrong.stderr, /standard input:4:10: vms\.two\.image: unknown size "larg": did you mean large\?/);
});

test('SC8 a pull that fails says why at once, and nothing of it is left in the library', async (context) => {
  const { croft, folder } = await openSite(context);
  const missing = await croft('image pull gone');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /gone\.qcow2.*404/s);
  for (const told of ['image show gone -o json', 'image ls -o json', 'image catalogue -o json']) {
    const { stdout } = await croft(told);
    assert.match(stdout, /http:\/\/127\.0\.0\.1:\d+\/gone\.qcow2\?…/);
    assert.doesNotMatch(stdout, /hidden/);
  }
  const wrong = await croft(`image pull mine http://${'x'.repeat(8)}.invalid/a --sha256 12`);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /images\.mine\.sha256: must be 64 hexadecimal digits/);
  for (const local of ['file:///etc/hostname', 'FILE:///etc/hostname', 'http://127.0.0.1:1/a --checksums File:///etc/SHA256SUMS']) {
    const refused = await croft(`image pull mine ${local}`);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /file:\/\/\/etc.* is a file of the controller's machine/i);
  }
  const unknown = await croft('image pull disk1');
  assert.equal(unknown.code, 3);
  assert.match(unknown.stderr, /unknown image "disk1": did you mean disk-1\?/);
  assert.deepEqual(await readdir(join(folder, 'images')), []);
});

test('SC8 an image can be pulled from a URL with its hash; a wrong hash is refused', async (context) => {
  const { croft, url } = await openSite(context);
  const wrong = await croft(`image pull mine ${url}/disk.raw.zst --sha256 ${'0'.repeat(64)}`);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, new RegExp(packedSum));
  const right = await croft(`image pull mine ${url}/disk.raw.zst --sha256 ${packedSum} --firmware uefi --to all`);
  assert.equal(right.code, 0, right.stderr);
  assert.match((await croft('image show mine')).stdout, /^needs +x86_64, UEFI$/m);
  assert.match((await croft('image show mine')).stdout, /^kept on +all nodes$/m);
  const kept = await croft('image keep mine pool:fast,node:n1');
  assert.equal(kept.stdout, 'image mine is kept in advance on pool:fast, node:n1\n');
  assert.equal(kept.stderr, 'pool:fast names no node yet\nnode:n1 names no node yet\n');
  assert.equal((await croft('image keep mine everywhere')).code, 2);
});

test('SC7 an image is pulled by another name too, and a name that is not fetched says how it is', async (context) => {
  const { croft } = await openSite(context);
  const alias = await croft('image show best');
  assert.equal(alias.code, 3);
  assert.match(alias.stderr, /best is no image but another name of disk-1\nhint: `croft image pull best` fetches it/);
  assert.match((await croft('image show disk-1')).stderr, /disk-1 is in the image map and was not fetched yet\n/);
  const pulled = await croft('image pull best');
  assert.equal(pulled.code, 0, pulled.stderr);
  assert.match(pulled.stdout, /^image disk-1: raw/);
  assert.match((await croft('image show other')).stderr, /there is no image "other"/);
});

test('SC8 a pull without a checksum says so, and a list of any name can be read', async (context) => {
  const { croft, url } = await openSite(context);
  assert.match((await croft(`image pull mine ${url}/disk.raw.zst`)).stderr, /no checksum is given: mine is taken as the server sends it\n/);
  const untold = await croft(`image pull mine ${url}/disk.raw.zst --checksums ${url}/LIST`);
  assert.equal(untold.code, 2);
  assert.match(untold.stderr, /add checksum_algorithm/);
  const told = await croft(
    `image pull mine ${url}/disk.raw.zst --checksums ${url}/LIST --checksum-algorithm sha256 --checksum-file a.raw.zst`,
  );
  assert.equal(told.code, 0, told.stderr);
});

test('SC9 unused images are reported by a dry run and removed by a collection', async (context) => {
  const { croft, folder } = await openSite(context);
  assert.equal((await croft('image pull disk-1')).code, 0);
  await writeFile(join(folder, 'images', `${'f'.repeat(64)}.raw`), Buffer.alloc(8192, 1));
  assert.equal((await croft('image gc --dry-run')).stdout, 'controller: 1 image would be removed, 8 KiB\n');
  assert.equal((await croft('image gc')).stdout, 'controller: 1 image removed, 8 KiB\n');
  assert.deepEqual(await readdir(join(folder, 'images')), [`${sha256}.raw`]);
});
