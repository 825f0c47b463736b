import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { type Host, perform } from '../../src/host/host.ts';
import { createLocalHost } from '../../src/host/local-host.ts';
import { inspectImage } from '../../src/images/library/inspect.ts';
import { openImageLibrary } from '../../src/images/library/library.ts';
import { type SeedSource, seedFiles, seedOf } from '../../src/images/seeds/seed.ts';
import { createImageDelivery } from '../../src/images/spread/deliver.ts';
import { type DeliveredImage, imagePath } from '../../src/images/spread/node-images.ts';
import { receiveScript } from '../../src/images/spread/receive-script.ts';
import { CroftError } from '../../src/model/error.ts';
import { until } from '../lab/until.ts';

const mebibyte = 1024 ** 2;

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-images-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const withCode = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof CroftError && error.code === code && words.test(`${error.message} ${error.hint}`);

const seedSource: SeedSource = {
  id: 'abcdefghijklmnop',
  hostname: 'web',
  userData: '#!/bin/sh\necho "$(reboot)" é\n',
  cloudConfig: null,
  sshKeys: ['ssh-ed25519 AAAA me'],
  ports: [
    { nicId: 'n', vmId: 'v', mac: '02:00:00:00:00:01', address: '10.0.0.2', segment: 5, model: 'virtio', dhcp: true, impairment: null },
  ],
};

test('SC10 a seed read back has the volume name and the three files, byte for byte', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'seed.iso');
  const seed = await seedOf(seedSource, folder).build();
  await writeFile(file, seed);
  assert.equal(seed.toString('latin1', 32808, 32840).trim(), 'cidata');
  execFileSync('xorriso', ['-osirrox', 'on', '-indev', file, '-extract', '/', path.join(folder, 'out')], { stdio: 'ignore' });
  const names = (await readdir(path.join(folder, 'out'))).sort();
  assert.deepEqual(names, ['meta-data', 'network-config', 'user-data']);
  for (const [name, content] of Object.entries(seedFiles(seedSource))) {
    assert.equal(await readFile(path.join(folder, 'out', name), 'utf8'), content);
  }
});

test('SC10 the same VM gives the same seed, and no other files stay', async (context) => {
  const folder = await temporaryFolder(context);
  const [one, other] = await Promise.all([seedOf(seedSource, folder).build(), seedOf(seedSource, folder).build()]);
  assert.deepEqual(one, other);
  assert.deepEqual(await readdir(folder), []);
});

test('CR12 qcow2 and raw disks are told apart, with the size that a guest sees', async (context) => {
  const folder = await temporaryFolder(context);
  const [raw, qcow2] = [path.join(folder, 'a'), path.join(folder, 'b')];
  await writeFile(raw, Buffer.alloc(1024));
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', qcow2, '5G']);
  assert.deepEqual(await inspectImage(raw), { format: 'raw', virtualSize: 1024 });
  assert.deepEqual(await inspectImage(qcow2), { format: 'qcow2', virtualSize: 5 * 1024 ** 3 });
});

test('CR12 a qcow2 that would read another file of the host is refused', async (context) => {
  const folder = await temporaryFolder(context);
  const [overlay, external] = [path.join(folder, 'overlay'), path.join(folder, 'external')];
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/shadow', '-F', 'raw', overlay, '1M']);
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `data_file=${folder}/data,data_file_raw=on`, external, '1M']);
  await assert.rejects(inspectImage(overlay), withCode('image.unusable', /backing file.*qemu-img convert/s));
  await assert.rejects(inspectImage(external), withCode('image.unusable', /data in another file/));
});

test('CR12 what is no disk is refused in words', async (context) => {
  const folder = await temporaryFolder(context);
  const refused = async (name: string, content: Uint8Array | string, words: RegExp) => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    await assert.rejects(inspectImage(file), withCode('image.unusable', words));
  };
  await refused('empty', '', /it is empty/);
  await refused('text', 'hello\n', /multiple of 512/);
  await refused('packed', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(510)]), /Unpack it first/);
  execFileSync('tar', ['-C', folder, '-cf', path.join(folder, 'archive'), 'text']);
  await refused('tar', await readFile(path.join(folder, 'archive')), /a tar archive.*Take the disk image out/s);
  await refused('vmdk', Buffer.concat([Buffer.from('# Disk DescriptorFile\n'), Buffer.alloc(490)]), /VMDK.*qemu-img convert/s);
  await refused('broken', Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(1020)]), /header is broken/);
  await assert.rejects(inspectImage(folder), withCode('image.unusable', /not a regular file/));
});

test('CR12 a qcow2 whose inside is broken or cut short is refused; clusters that nothing uses do no harm', async (context) => {
  const folder = await temporaryFolder(context);
  const [raw, whole, short, damaged] = ['raw', 'whole', 'short', 'damaged'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  await writeFile(raw, randomBytes(1024 ** 2));
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, whole]);
  const content = await readFile(whole);
  await writeFile(short, content.subarray(0, content.length - 512 * 1024));
  await assert.rejects(inspectImage(short), withCode('image.unusable', /damaged or cut short.*Fetch it again/s));
  // The table of reference counts begins where bytes 48 to 55 of the header say.
  await writeFile(damaged, Buffer.from(content).fill(0, Number(content.readBigUInt64BE(48)), Number(content.readBigUInt64BE(48)) + 8));
  await assert.rejects(inspectImage(damaged), withCode('image.unusable', /damaged or cut short/));

  // The first entry of the first table of mappings is forgotten: what it led to is used by nothing.
  const leaking = Buffer.from(content).fill(0, Number(content.readBigUInt64BE(40)), Number(content.readBigUInt64BE(40)) + 8);
  await writeFile(damaged, leaking);
  assert.deepEqual(await inspectImage(damaged), { format: 'qcow2', virtualSize: 1024 ** 2 });
});

/** A qcow2 of some MiB, most of it zeros, whose mappings are one table two hundred thousand times over (docs/interop/qcow2.txt of QEMU). */
function endlessQcow2(): Buffer {
  const [cluster, count] = [2 * mebibyte, 200_000];
  const [counts, block, first, second] = [1, 2, 3, 4].map((index) => index * cluster) as [number, number, number, number];
  const disk = Buffer.alloc(5 * cluster);
  disk.write('QFI\xfb', 'latin1');
  const fields: [number, number][] = [
    [4, 3],
    [20, 21],
    [36, count],
    [56, 1],
    [96, 6],
    [100, 104],
  ];
  for (const [offset, value] of fields) disk.writeUInt32BE(value, offset);
  for (const [offset, value] of [
    [24, 2 ** 30],
    [40, first],
    [48, counts],
    [counts, block],
  ] as const)
    disk.writeBigUInt64BE(BigInt(value), offset);
  for (let index = 0; index < 5; index++) disk.writeBigUInt64BE(BigInt(index === 4 ? count : 1), block + 8 * index);
  for (let index = 0; index < count; index++) disk.writeBigUInt64BE(BigInt(second), first + 8 * index);
  return disk;
}

test('CR12 a check that would take hours ends when nobody wants the image any more, and its program with it', async (context) => {
  const file = path.join(await temporaryFolder(context), 'endless');
  await writeFile(file, endlessQcow2());
  const checks = () => commandLines().filter((command) => command.includes(file));
  const abort = new AbortController();
  const inspected = inspectImage(file, { signal: abort.signal });
  await until('it is checked', async () => checks().some((command) => command.includes('check')) || undefined);
  abort.abort(new Error('nobody wants it'));
  await assert.rejects(inspected, /nobody wants it/);
  await until('the check has ended', async () => checks().length === 0 || undefined);
});

/** The command lines of all processes. */
function commandLines(): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    try {
      return /^\d+$/.test(entry) ? [readFileSync(`/proc/${entry}/cmdline`, 'utf8')] : [];
    } catch {
      return [];
    }
  });
}

test('CR12 a disk of an absurd size is refused', async (context) => {
  const file = path.join(await temporaryFolder(context), 'huge');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', file, '1024T']);
  await assert.rejects(inspectImage(file), withCode('image.unusable', /16TiB/));
});

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

test('SC9 what an interrupted transfer left is gone on with, and a part is never taken for the image', async (context) => {
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

test('SC9 a part with wrong content is found out, removed, and fetched anew once', async (context) => {
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
