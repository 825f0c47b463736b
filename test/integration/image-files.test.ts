import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { inspectImage } from '../../src/images/library/inspect.ts';
import { type SeedSource, seedFiles, seedOf } from '../../src/images/seeds/seed.ts';
import { CroftError } from '../../src/model/error.ts';
import { until } from '../support/until.ts';
import { port } from '../support/vm.ts';
import { temporaryFolder } from './image-server.ts';

const mebibyte = 1024 ** 2;

const withCode = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof CroftError && error.code === code && words.test(`${error.message} ${error.hint}`);

const seedSource: SeedSource = {
  id: 'abcdefghijklmnop',
  hostname: 'web',
  userData: '#!/bin/sh\necho "$(reboot)" é\n',
  cloudConfig: null,
  sshKeys: ['ssh-ed25519 AAAA me'],
  ports: [port()],
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
