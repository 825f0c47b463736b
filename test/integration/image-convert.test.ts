import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FetchProgress } from '../../src/images/fetch/fetch.ts';
import { definitionOf, fetchStage, refusal, sendFile, serveImages, temporaryFolder } from './image-server.ts';

const mebibyte = 1024 ** 2;
const disk = Buffer.concat([randomBytes(3 * mebibyte), Buffer.alloc(4 * mebibyte), randomBytes(mebibyte)]);

/** A folder with the disk as `disk.raw`, and what makes images in it. */
async function workshop(context: TestContext) {
  const folder = await temporaryFolder(context);
  await writeFile(path.join(folder, 'disk.raw'), disk);
  return {
    folder,
    qemuImg: (...parameters: string[]) => execFileSync('qemu-img', parameters, { cwd: folder, stdio: 'pipe' }),
    read: (name: string) => readFile(path.join(folder, name)),
  };
}

test('SC8 VMDK and VHDX become qcow2 with the same content, fetched or sent, and nothing else stays', async (context) => {
  const { folder, qemuImg, read } = await workshop(context);
  const kinds: [string, string[]][] = [
    ['vmdk', ['-O', 'vmdk']],
    ['stream.vmdk', ['-O', 'vmdk', '-o', 'subformat=streamOptimized']],
    ['vhdx', ['-O', 'vhdx']],
  ];
  for (const [name, options] of kinds) {
    qemuImg('convert', '-f', 'raw', ...options, 'disk.raw', name);
    const published = gzipSync(await read(name));
    const server = await serveImages(context, (request, response) => sendFile(request, response, published));
    const { folder: home, library, fetcher } = await fetchStage(context);
    const progress: FetchProgress[] = [];
    const image = await fetcher.fetch(definitionOf(`${server.url}/disk`, { compression: 'gz' }), {
      onProgress: (one) => progress.push(one),
    });
    assert.equal(image.format, 'qcow2');
    assert.equal(image.virtualSize, disk.length);
    const file = library.path(image.sha256, 'qcow2');
    qemuImg('convert', '-f', 'qcow2', '-O', 'raw', file, 'back.raw');
    assert.deepEqual(await read('back.raw'), disk);
    assert.equal(await library.verify(image.sha256, 'qcow2'), true);
    assert.deepEqual(progress.at(-1), { phase: 'convert', received: disk.length, total: disk.length, source: `${server.url}/disk` });
    const sent = await library.add(createReadStream(path.join(folder, name)));
    assert.equal(sent.virtualSize, disk.length);
    assert.equal((await readdir(path.join(home, 'library'))).length, new Set([sent.sha256, image.sha256]).size);
    assert.deepEqual(await readdir(path.join(home, 'fetch')), []);
  }
});

test('SC8 a VMDK that names a file of the machine that opens it is refused before a program opens it', async (context) => {
  const { folder, qemuImg, read } = await workshop(context);
  const secret = path.join(folder, 'disk.raw');
  qemuImg('convert', '-f', 'raw', '-O', 'vmdk', 'disk.raw', 'base.vmdk');
  qemuImg('create', '-q', '-f', 'vmdk', '-b', path.join(folder, 'base.vmdk'), '-F', 'vmdk', 'overlay.vmdk');
  const whole = await read('base.vmdk');
  const changed = (change: (content: Buffer) => void) => {
    const content = Buffer.from(whole);
    change(content);
    return content;
  };
  const descriptor = (extents: string, kind = 'monolithicFlat') =>
    `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="${kind}"\n${extents}\n`;
  const flat = `RW ${disk.length / 512} FLAT "${secret}" 0`;
  const embedded = (text: string) => changed((content) => content.fill(0, 512, 512 + 20 * 512).write(text, 512));
  const hostile: [string, Buffer, RegExp][] = [
    ['a descriptor alone', Buffer.from(descriptor(flat).padEnd(1024, '\n')), /only describes other files/],
    ['a header without capacity', changed((content) => content.fill(0, 12, 20).write(descriptor(flat), 512)), /only describes other files/],
    ['another kind', embedded(descriptor(flat)), /of the kind "monolithicFlat"/],
    ['no kind', embedded('# Disk DescriptorFile\n'), /of the kind "none"/],
    ['an extent elsewhere', embedded(descriptor(`RW 1 SPARSE "${secret}"`, 'monolithicSparse')), /names other files/],
    ['two extents', embedded(descriptor('RW 1 SPARSE "a.vmdk"\nRW 1 SPARSE "b.vmdk"', 'monolithicSparse')), /names other files/],
    ['an overlay', await read('overlay.vmdk'), /overlay that needs a parent file/],
    ['a descriptor far away', changed((content) => content.writeBigUInt64LE(1_000_000n, 28)), /lies beyond its beginning/],
    [
      'a parent outside of its descriptor',
      changed((content) => {
        content.writeBigUInt64LE(1n, 36);
        content.write(`parentFileNameHint="${secret}"`, 5000);
      }),
      /overlay that needs a parent file/,
    ],
  ];
  for (const [what, content, words] of hostile) {
    for (const compression of ['none', 'gz'] as const) {
      const published = compression === 'gz' ? gzipSync(content) : content;
      const server = await serveImages(context, (request, response) => sendFile(request, response, published));
      const { folder: home, fetcher, library } = await fetchStage(context);
      await assert.rejects(fetcher.fetch(definitionOf(`${server.url}/disk`, { compression })), refusal('image.unusable', words), what);
      assert.deepEqual([await library.list(), await readdir(path.join(home, 'fetch'))], [[], []]);
    }
  }
});

test('SC8 a qcow2 that names a file of the machine that opens it is refused, also when it was packed', async (context) => {
  const { folder, qemuImg, read } = await workshop(context);
  qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/shadow', '-F', 'raw', 'overlay', '1M');
  qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${folder}/data,data_file_raw=on`, 'external', '1M');
  for (const [name, words] of [
    ['overlay', /overlay that needs a backing file/],
    ['external', /keeps its data in another file/],
  ] as const) {
    const published = gzipSync(await read(name));
    const server = await serveImages(context, (request, response) => sendFile(request, response, published));
    const { fetcher, library } = await fetchStage(context);
    await assert.rejects(fetcher.fetch(definitionOf(`${server.url}/disk`, { compression: 'gz' })), refusal('image.unusable', words));
    assert.deepEqual(await library.list(), []);
  }
});

test('SC8 a conversion that outgrows its limit or fails is reported, and leaves nothing', async (context) => {
  const { folder, qemuImg, read } = await workshop(context);
  qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', 'disk.raw', 'disk.vmdk');
  const small = await fetchStage(context, { limits: { content: 5 * mebibyte, virtualSize: 64 * mebibyte } });
  await writeFile(path.join(folder, 'zeros.raw'), Buffer.concat([Buffer.alloc(6 * mebibyte, 'ab'), Buffer.alloc(mebibyte)]));
  qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', 'zeros.raw', 'small.vmdk');
  await assert.rejects(
    small.library.add(path.join(folder, 'small.vmdk')),
    refusal('image.unusable', /converted from vmdk to qcow2.*File too large/s),
  );
  assert.deepEqual(await readdir(path.join(small.folder, 'library')), []);

  const broken = path.join(folder, 'disk.vmdk');
  await using file = await open(broken, 'r+');
  await file.write(randomBytes(4096), 0, 4096, Math.floor((await read('disk.vmdk')).length / 2));
  const { folder: home, library } = await fetchStage(context);
  await assert.rejects(library.add(broken), refusal('image.unusable', /qemu-img failed/));
  assert.deepEqual(await readdir(path.join(home, 'library')), []);
});
