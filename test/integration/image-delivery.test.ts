import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { type Host, perform } from '../../src/host/host.ts';
import { createLocalHost } from '../../src/host/local-host.ts';
import { readScript } from '../../src/host/script.ts';
import { openImageLibrary } from '../../src/images/library/library.ts';
import { createImageDelivery } from '../../src/images/spread/deliver.ts';
import { type DeliveredImage, imagePath } from '../../src/images/spread/node-images.ts';
import { CroftError } from '../../src/model/error.ts';
import { temporaryFolder } from './image-server.ts';

const receiveScript = readScript(import.meta.url, '../../src/images/spread/scripts/receive.sh');

const mebibyte = 1024 ** 2;

const withCode = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof CroftError && error.code === code && words.test(`${error.message} ${error.hint}`);

interface Stage {
  host: Host;
  place: { stateFolder: string; runFolder: string };
  image: DeliveredImage;
  /** The image's file in the library. */
  file: string;
  library: Awaited<ReturnType<typeof openImageLibrary>>;
}

/** A library with one image of 12 MiB, half of it zeros, and this machine as a node with folders of its own. */
async function stage(context: TestContext): Promise<Stage> {
  const folder = await temporaryFolder(context);
  const source = path.join(folder, 'source');
  await writeFile(
    source,
    Buffer.concat([randomBytes(3 * mebibyte), Buffer.alloc(4 * mebibyte), randomBytes(3 * mebibyte), Buffer.alloc(2 * mebibyte)]),
  );
  const library = await openImageLibrary({ folder: path.join(folder, 'library') });
  const host = createLocalHost({ name: 'here', sudo: null });
  context.after(() => host.close());
  const image = await library.add(source);
  const place = { stateFolder: path.join(folder, 'state'), runFolder: path.join(folder, 'run') };
  return { host, place, image, file: library.path(image.sha256, image.format), library };
}

test('CR12 an image arrives whole, readable by guests, without room for its zeros, and is then observed', async (context) => {
  const { host, place, image, library, file } = await stage(context);
  const images = createImageDelivery({ library, isLocal: () => false });
  const seen: number[] = [];
  await Promise.all([images.ensure(host, place, image, (bytes) => seen.push(bytes)), images.ensure(host, place, image)]);
  const target = imagePath(place, image);
  assert.deepEqual(await readFile(target), await readFile(file));
  const { mode, blocks } = await stat(target);
  assert.equal(mode & 0o777, 0o644);
  assert.ok(blocks * 512 < 7 * mebibyte, `${blocks} blocks`);
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    seen,
  );
  const call = images.observe(host, place);
  const [result] = await host.batch([call.command]);
  assert.ok(result);
  assert.deepEqual(call.parse(result), [image.sha256]);
  assert.deepEqual(await readdir(place.runFolder), []);
});

test('SC9 a transfer whose controller is gone as it begins ends by itself, and keeps nobody from the next', async (context) => {
  const { place } = await stage(context);
  const folder = path.join(place.stateFolder, 'images');
  await mkdir(folder, { recursive: true });
  const words = [
    folder,
    'a'.repeat(64),
    'raw',
    '1048576',
    path.join(place.runFolder, 'transfer'),
    'root',
    '127.0.0.1',
    '1',
    'ssh-ed25519 AAAA',
  ];
  // One after the other: each takes the lock that the one before it had. What kills whom in which order is chance.
  for (let attempt = 0; attempt < 40; attempt++) {
    const child = spawn('sh', ['-c', receiveScript, 'croft-receive', ...words], { stdio: ['pipe', 'ignore', 'pipe'] });
    child.stdin.end(attempt % 2 === 0 ? '' : 'a key\n.\n');
    const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.doesNotMatch(said, /does not end/);
  }
  assert.deepEqual(await readdir(place.runFolder), []);
});

test("CR12 on the controller's own machine the image takes no second place on the disk", async (context) => {
  const { host, place, image, library, file } = await stage(context);
  await createImageDelivery({ library, isLocal: () => true }).ensure(host, place, image);
  const [source, target] = await Promise.all([stat(file), stat(imagePath(place, image))]);
  assert.equal(target.ino, source.ino);
});

test('SC9 an interrupted transfer is resumed, and a part is never taken for the image', async (context) => {
  const { host, place, image, library, file } = await stage(context);
  const target = imagePath(place, image);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(`${target}.partial`, (await readFile(file)).subarray(0, 2 * mebibyte + 5));
  const images = createImageDelivery({ library, isLocal: () => false });
  const [before] = await perform(host, images.observe(host, place));
  assert.deepEqual(before, []);
  const seen: number[] = [];
  await images.ensure(host, place, image, (bytes) => seen.push(bytes));
  assert.equal(seen[0], 2 * mebibyte);
  assert.deepEqual(await readFile(target), await readFile(file));
  assert.deepEqual(await readdir(path.dirname(target)), [path.basename(target)]);
});

test('SC9 a part with wrong content is detected, removed, and fetched again once', async (context) => {
  const { host, place, image, library, file } = await stage(context);
  const target = imagePath(place, image);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(`${target}.partial`, randomBytes(2 * mebibyte));
  const seen: number[] = [];
  await createImageDelivery({ library, isLocal: () => false }).ensure(host, place, image, (bytes) => seen.push(bytes));
  assert.deepEqual([seen[0], seen.includes(0)], [2 * mebibyte, true]);
  assert.deepEqual(await readFile(target), await readFile(file));
});

test('SC9 where the library itself has wrong content, nothing arrives and nothing stays', async (context) => {
  const { host, place, image, library, file } = await stage(context);
  await writeFile(file, randomBytes(image.size));
  const images = createImageDelivery({ library, isLocal: () => false });
  await assert.rejects(images.ensure(host, place, image), withCode('command.failed', /sha256/));
  assert.deepEqual(await readdir(path.join(place.stateFolder, 'images')), []);
});

test('SC9 a transfer that is cut short leaves a part, never an image under its name', async (context) => {
  const { host, place, image, library, file } = await stage(context);
  const whole = await readFile(file);
  await truncate(file, 2 * mebibyte);
  const images = createImageDelivery({ library, isLocal: () => false });
  await assert.rejects(images.ensure(host, place, image), withCode('command.failed', /whole/));
  const target = imagePath(place, image);
  assert.deepEqual(await readdir(path.dirname(target)), [`${path.basename(target)}.partial`]);
  await writeFile(file, whole);
  const seen: number[] = [];
  await images.ensure(host, place, image, (bytes) => seen.push(bytes));
  assert.equal(seen[0], 2 * mebibyte);
  assert.deepEqual(await readFile(target), whole);
});

test('SC9 an image that was cut on the node is sent again, and unused ones are collected with old parts', async (context) => {
  const { host, place, image, library } = await stage(context);
  const images = createImageDelivery({ library, isLocal: () => false });
  const target = imagePath(place, image);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, 'cut');
  await images.ensure(host, place, image);
  assert.equal((await stat(target)).size, image.size);
  const other = `${'0'.repeat(64)}.qcow2.partial`;
  for (const name of [other, `${image.sha256}.raw.partial.old`]) await writeFile(path.join(path.dirname(target), name), 'part');
  await writeFile(path.join(path.dirname(target), 'notes.txt'), 'mine');
  assert.deepEqual((await images.collect(host, place, [image.sha256])).images, []);
  assert.deepEqual((await readdir(path.dirname(target))).sort(), [path.basename(target), 'notes.txt'].sort());
  const dry = await images.collect(host, place, [], { dryRun: true });
  assert.deepEqual([dry.images, (await stat(target)).size], [[image.sha256], image.size]);
  const removed = await images.collect(host, place, []);
  assert.deepEqual(removed, dry);
  assert.ok(removed.bytes > 5 * mebibyte && removed.bytes < 7 * mebibyte, `${removed.bytes}`);
  assert.deepEqual(await readdir(path.dirname(target)), ['notes.txt']);
});

test('SC9 the base of a disk is never collected, also where nobody has a record of the VM', async (context) => {
  const { host, place, image, library } = await stage(context);
  const images = createImageDelivery({ library, isLocal: () => false });
  await images.ensure(host, place, image);
  const folder = path.join(place.stateFolder, 'vms', 'nobodysvm0000000');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'launch.json'), '{}');
  const overlay = path.join(folder, 'disk.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', image.format, '-b', imagePath(place, image), overlay]);
  assert.deepEqual(await images.collect(host, place, []), { images: [], bytes: 0 });
  await writeFile(imagePath(place, image), Buffer.alloc(image.size));
  assert.deepEqual(await images.verifyOnNode(host, place, image), { state: 'damaged', removed: false });
  await rm(folder, { recursive: true });
  assert.deepEqual((await images.collect(host, place, [])).images, [image.sha256]);
});

test('SC9 an image is read again on its node, and a damaged one in no use makes way for a whole one', async (context) => {
  const { host, place, image, library } = await stage(context);
  const images = createImageDelivery({ library, isLocal: () => false });
  assert.deepEqual(await images.verifyOnNode(host, place, image), { state: 'absent' });
  await images.ensure(host, place, image);
  assert.deepEqual(await images.verifyOnNode(host, place, image), { state: 'ok' });
  await writeFile(imagePath(place, image), Buffer.alloc(image.size));
  assert.deepEqual(await images.verifyOnNode(host, place, image), { state: 'damaged', removed: true });
  await images.ensure(host, place, image);
  assert.deepEqual(await images.verifyOnNode(host, place, image), { state: 'ok' });
});
