import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FakeAnswer, FakeHost } from '../host/fake-host.ts';
import type { Command } from '../host/host.ts';
import { CroftError } from '../model/error.ts';
import { createImageDelivery } from './deliver.ts';

const content = 'a disk';
const image = { sha256: createHash('sha256').update(content).digest('hex'), format: 'raw' as const, size: content.length };
const place = { stateFolder: '/var/lib/croft/abcdefgh' };
const absent: FakeAnswer = { code: 44 };

async function delivery(context: TestContext, isLocal = false) {
  const folder = await mkdtemp(path.join(tmpdir(), 'croft-deliver-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'source');
  await writeFile(file, content);
  return createImageDelivery({ library: { path: () => file }, isLocal: () => isLocal });
}

/** A node whose image folder has these names. */
function nodeWith(names: () => readonly string[], answer: (command: Command) => FakeAnswer = () => ({})): FakeHost {
  return new FakeHost({
    answer: (command) =>
      isListing(command)
        ? {
            stdout: names()
              .map((name) => `${name}\n`)
              .join(''),
          }
        : answer(command),
  });
}

const isListing = (command: Command) => command.argv.some((word) => word.includes('exec ls'));
const isPresence = (command: Command) => command.argv.some((word) => word.startsWith('mkdir'));
const transfers = (host: FakeHost) => host.commands.filter((command) => command.stdin === content);

test('CR12 an image that is on the node already is not sent again', async (context) => {
  const host = new FakeHost();
  await (await delivery(context)).ensure(host, place, image);
  assert.equal(host.commands.length, 1);
});

test('CR12 however many ask at one time, the image is sent to a node once, and to each node', async (context) => {
  const answer = (command: Command): FakeAnswer => (isPresence(command) ? absent : {});
  const [one, other] = [new FakeHost({ name: 'one', answer }), new FakeHost({ name: 'other', answer })];
  const images = await delivery(context);
  const progress: number[][] = [[], []];
  await Promise.all([
    images.ensure(one, place, image, (sent) => progress[0]?.push(sent)),
    images.ensure(one, place, image, (sent) => progress[1]?.push(sent)),
    images.ensure(one, place, image),
    images.ensure(other, place, image),
  ]);
  assert.equal(transfers(one).length, 1);
  assert.equal(transfers(other).length, 1);
  assert.deepEqual(progress, [[content.length], [content.length]]);
});

test('CR12 after a transfer that failed the next one starts anew', async (context) => {
  let failing = true;
  const host = new FakeHost({
    answer: (command) => (isPresence(command) ? absent : failing ? { code: 1, stderr: 'cat: write error: No space left on device' } : {}),
  });
  const images = await delivery(context);
  await assert.rejects(images.ensure(host, place, image), (error) => error instanceof CroftError && error.code === 'disk.full');
  failing = false;
  await images.ensure(host, place, image);
  assert.equal(transfers(host).length, 2);
});

test("CR12 on the controller's own machine the image is linked, and sent where it cannot be", async (context) => {
  let linkable = true;
  const host = new FakeHost({
    answer: (command) =>
      isPresence(command) ? absent : command.argv.some((word) => word.startsWith('ln ')) && !linkable ? { code: 1 } : {},
  });
  const images = await delivery(context, true);
  await images.ensure(host, place, image);
  assert.equal(transfers(host).length, 0);
  linkable = false;
  await images.ensure(host, place, image);
  assert.equal(transfers(host).length, 1);
});

test('CR12 what the image folder has is observed by sha256; parts and foreign files are no images', async (context) => {
  const host = nodeWith(() => [`${image.sha256}.raw`, `${'0'.repeat(64)}.qcow2.partial.x`, 'notes.txt']);
  const call = (await delivery(context)).observe(place);
  const [result] = await host.batch([call.command]);
  assert.ok(result);
  assert.deepEqual(call.parse(result), [image.sha256]);
});

test('CR12 collecting removes unused images and parts, never one that is kept or foreign', async (context) => {
  const unused = 'f'.repeat(64);
  const host = nodeWith(() => [`${image.sha256}.raw`, `${image.sha256}.raw.partial.x`, `${unused}.qcow2`, 'notes.txt']);
  assert.deepEqual(await (await delivery(context)).collect(host, place, [image.sha256]), [unused]);
  const folder = `${place.stateFolder}/images`;
  assert.deepEqual(host.commands.at(-1)?.argv, ['rm', '-f', '--', `${folder}/${image.sha256}.raw.partial.x`, `${folder}/${unused}.qcow2`]);
});

test('CR12 collecting leaves alone an image that is on its way', async (context) => {
  const host = nodeWith(
    () => [`${image.sha256}.raw.partial.x`, `${image.sha256}.raw`],
    (command) => (isPresence(command) ? absent : {}),
  );
  const images = await delivery(context);
  const [removed] = await Promise.all([images.collect(host, place, []), images.ensure(host, place, image)]);
  assert.deepEqual(removed, []);
  assert.equal(
    host.commands.some((command) => command.argv[0] === 'rm'),
    false,
  );
});

test('CR12 an image that is being removed is not taken for present', async (context) => {
  const images = await delivery(context);
  let there = true;
  let asking: Promise<void> | undefined;
  const host = nodeWith(
    () => [`${image.sha256}.raw`],
    (command) => {
      if (command.argv[0] === 'rm') there = false;
      return isPresence(command) && !there ? absent : {};
    },
  );
  const batch = host.batch.bind(host);
  host.batch = (commands) => {
    if (commands.some((command) => command.argv[0] === 'rm')) asking = images.ensure(host, place, image);
    return batch(commands);
  };
  assert.deepEqual(await images.collect(host, place, []), [image.sha256]);
  await asking;
  assert.equal(transfers(host).length, 1);
});
