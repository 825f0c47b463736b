/** Images on a node that has the programs of illumos: its sh, and no flock. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { run } from '../../src/host/host.ts';
import { type ImageLibrary, openImageLibrary } from '../../src/images/library/library.ts';
import { createImageDelivery, type ImageDelivery } from '../../src/images/spread/deliver.ts';
import { type DeliveredImage, type ImagePlace, imagePath } from '../../src/images/spread/node-images.ts';
import { openStandIns, type StandInMachine } from '../stand-ins/zones/machine.ts';
import { untilTrue } from '../support/until.ts';

const mebibyte = 1024 ** 2;
let machine: StandInMachine;
let folder: string;
let library: ImageLibrary;
let image: DeliveredImage;
let place: ImagePlace;
let target: string;

before(async () => {
  machine = await openStandIns();
  folder = await mkdtemp(path.join(tmpdir(), 'croft-images-'));
  library = await openImageLibrary({ folder: path.join(folder, 'library') });
  const source = path.join(folder, 'source');
  await writeFile(source, Buffer.concat([randomBytes(3 * mebibyte), Buffer.alloc(4 * mebibyte), randomBytes(3 * mebibyte)]));
  image = await library.add(source);
});
after(async () => {
  await machine?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  place = { stateFolder: `${machine.pool}/state`, runFolder: `${machine.pool}/run` };
  target = imagePath(place, image);
  for (const each of [place.stateFolder, place.runFolder]) await rm(each, { recursive: true, force: true });
  await mkdir(path.dirname(target), { recursive: true });
});

/** As another controller's: it knows nothing of what the others do. */
const newDelivery = (): ImageDelivery => createImageDelivery({ library, isLocal: () => false });

async function content(): Promise<Buffer> {
  return await readFile(library.path(image.sha256, image.format));
}

/** Holds the lock on the part as a transfer does, until it is disposed of. */
async function occupy(): Promise<AsyncDisposable> {
  const script =
    'import fcntl, sys; f = open(sys.argv[1], "r+"); fcntl.flock(f, fcntl.LOCK_EX); print("held", flush=True); sys.stdin.read()';
  const holder = await machine.host.spawn({ argv: ['python3', '-c', script, `${target}.partial`] });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  return {
    async [Symbol.asyncDispose]() {
      await holder.kill();
      await holder.exited;
    },
  };
}

test('SC9 a node with illumos takes an image in whole, without room for its zeros, and leaves nothing else', async () => {
  const seen: number[] = [];
  await newDelivery().ensure(machine.host, place, image, (bytes) => seen.push(bytes));
  assert.deepEqual(await readFile(target), await content());
  assert.ok((await stat(target)).blocks * 512 < 7 * mebibyte);
  assert.equal(seen[0], 0);
  assert.deepEqual([await readdir(path.dirname(target)), await readdir(place.runFolder)], [[path.basename(target)], []]);
  assert.deepEqual(await newDelivery().verifyOnNode(machine.host, place, image), { state: 'ok' });
});

test('SC9 a node with illumos resumes an interrupted transfer, and detects wrong content', async () => {
  await writeFile(`${target}.partial`, (await content()).subarray(0, 2 * mebibyte + 5));
  const seen: number[] = [];
  await newDelivery().ensure(machine.host, place, image, (bytes) => seen.push(bytes));
  assert.equal(seen[0], 2 * mebibyte);
  await rm(target);
  await writeFile(`${target}.partial`, randomBytes(2 * mebibyte));
  await newDelivery().ensure(machine.host, place, image);
  assert.deepEqual(await readFile(target), await content());
});

test('SC9 transfers of one image to a node with illumos wait for who writes it, and who waited finds it there', async () => {
  await Promise.all([newDelivery(), newDelivery(), newDelivery()].map((delivery) => delivery.ensure(machine.host, place, image)));
  assert.deepEqual(await readFile(target), await content());
  assert.deepEqual(await readdir(path.dirname(target)), [path.basename(target)]);
});

test('SC9 a lock on a node with illumos ends with its holder, however that ends, and its part is not collected before', async () => {
  await writeFile(`${target}.partial`, (await content()).subarray(0, mebibyte));
  const waiting = await (async () => {
    await using _ = await occupy();
    assert.deepEqual((await newDelivery().collect(machine.host, place, [])).images, []);
    assert.deepEqual(await readdir(path.dirname(target)), [`${path.basename(target)}.partial`]);
    const ensured = newDelivery().ensure(machine.host, place, image);
    await untilTrue(async () => (await run(machine.host, { argv: ['pgrep', '-f', `^python3 .*fcntl.*${'x'}$`] })).code === 0);
    assert.equal((await stat(`${target}.partial`)).size, mebibyte, 'nobody else writes it');
    return ensured;
  })();
  await waiting;
  assert.deepEqual(await readFile(target), await content());
});

test('SC9 an image that a zone is configured with is never collected', async () => {
  const file = `${place.stateFolder}/images/${'0'.repeat(64)}.iso`;
  await writeFile(file, 'a CD-ROM');
  const zonepath = `${place.stateFolder}/zones/abcdefghijklmnop`;
  const attribute = `add attr; set name=cdrom0; set type=string; set value="${file}"; end`;
  const configured = await run(machine.host, {
    argv: ['zonecfg', '-z', 'croft-abcdefghijklmnop', `create -b; set zonepath="${zonepath}"; set brand=bhyve; ${attribute}`],
  });
  assert.equal(configured.code, 0, configured.stderr);
  assert.deepEqual((await newDelivery().collect(machine.host, place, [])).images, []);
  await run(machine.host, { argv: ['zonecfg', '-z', 'croft-abcdefghijklmnop', 'delete', '-F'] });
  assert.deepEqual((await newDelivery().collect(machine.host, place, [])).images, ['0'.repeat(64)]);
});

test('SC9 where the zones of a node cannot be read, no image is removed', async () => {
  await newDelivery().ensure(machine.host, place, image);
  execFileSync('mv', [`${machine.pool}/../bin/zoneadm`, `${machine.pool}/../bin/zoneadm.away`]);
  try {
    await assert.rejects(newDelivery().collect(machine.host, place, []), { code: 'command.failed' });
  } finally {
    execFileSync('mv', [`${machine.pool}/../bin/zoneadm.away`, `${machine.pool}/../bin/zoneadm`]);
  }
  assert.deepEqual(await readdir(path.dirname(target)), [path.basename(target)]);
});
