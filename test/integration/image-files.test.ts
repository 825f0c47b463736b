import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Host } from '../../src/host/host.ts';
import { createLocalHost } from '../../src/host/local-host.ts';
import { createImageDelivery, type DeliveredImage, imagePath } from '../../src/images/deliver.ts';
import { inspectImage } from '../../src/images/inspect.ts';
import { openImageLibrary } from '../../src/images/library.ts';
import { type SeedSource, seedFiles, seedOf } from '../../src/images/seed.ts';
import { CroftError } from '../../src/model/error.ts';

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
  ports: [{ nicId: 'n', vmId: 'v', mac: '02:00:00:00:00:01', address: '10.0.0.2', segment: 5, model: 'virtio', impairment: null }],
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
  await refused('vmdk', Buffer.concat([Buffer.from('# Disk DescriptorFile\n'), Buffer.alloc(490)]), /VMDK.*qemu-img convert/s);
  await refused('broken', Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(1020)]), /header is broken/);
  await assert.rejects(inspectImage(folder), withCode('image.unusable', /not a regular file/));
});

test('CR12 a disk of an absurd size is refused', async (context) => {
  const file = path.join(await temporaryFolder(context), 'huge');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', file, '1024T']);
  await assert.rejects(inspectImage(file), withCode('image.unusable', /16 TiB/));
});

interface Stage {
  host: Host;
  place: { stateFolder: string };
  image: DeliveredImage;
  library: Awaited<ReturnType<typeof openImageLibrary>>;
}

/** A library with one image of 4 MiB, and this machine as a node with a folder of its own. */
async function stage(context: TestContext): Promise<Stage> {
  const folder = await temporaryFolder(context);
  const source = path.join(folder, 'source');
  await writeFile(source, randomBytes(4 * 1024 ** 2));
  const library = await openImageLibrary({ folder: path.join(folder, 'library') });
  const host = createLocalHost({ name: 'here', sudo: null });
  context.after(() => host.close());
  return { host, place: { stateFolder: path.join(folder, 'state') }, image: await library.add(source), library };
}

test('CR12 an image arrives whole, readable by guests, and is then observed', async (context) => {
  const { host, place, image, library } = await stage(context);
  const images = createImageDelivery({ library, isLocal: () => false });
  const sent: number[] = [];
  await Promise.all([images.ensure(host, place, image, (bytes) => sent.push(bytes)), images.ensure(host, place, image)]);
  const target = imagePath(place, image);
  assert.deepEqual(await readFile(target), await readFile(library.path(image.sha256, image.format)));
  assert.equal((await stat(target)).mode & 0o777, 0o644);
  assert.equal(sent.at(-1), image.size);
  const call = images.observe(place);
  const [result] = await host.batch([call.command]);
  assert.ok(result);
  assert.deepEqual(call.parse(result), [image.sha256]);
});

test("CR12 on the controller's own machine the image takes no second place on the disk", async (context) => {
  const { host, place, image, library } = await stage(context);
  await createImageDelivery({ library, isLocal: () => true }).ensure(host, place, image);
  const [source, target] = await Promise.all([stat(library.path(image.sha256, image.format)), stat(imagePath(place, image))]);
  assert.equal(target.ino, source.ino);
});

test('CR12 a transfer that is cut short leaves no image under its name', async (context) => {
  const { host, place, image, library } = await stage(context);
  await truncate(library.path(image.sha256, image.format), 1024 ** 2);
  const images = createImageDelivery({ library, isLocal: () => false });
  await assert.rejects(images.ensure(host, place, image), withCode('command.failed', /sha256/));
  assert.deepEqual(await readdir(path.join(place.stateFolder, 'images')), []);
});

test('CR12 an image that was cut on the node is sent again, and unused ones are collected', async (context) => {
  const { host, place, image, library } = await stage(context);
  const images = createImageDelivery({ library, isLocal: () => false });
  const target = imagePath(place, image);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, 'cut');
  await writeFile(`${target}.partial.old`, 'part');
  await images.ensure(host, place, image);
  assert.equal((await stat(target)).size, image.size);
  assert.deepEqual(await images.collect(host, place, [image.sha256]), []);
  assert.deepEqual(await readdir(path.dirname(target)), [path.basename(target)]);
  assert.deepEqual(await images.collect(host, place, []), [image.sha256]);
  assert.deepEqual(await readdir(path.dirname(target)), []);
});
