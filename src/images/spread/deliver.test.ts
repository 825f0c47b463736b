import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FakeAnswer, FakeHost } from '../../../test/support/fake-host.ts';
import type { Command, Host } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { createImageDelivery, type ImageDeliveryOptions } from './deliver.ts';
import type { DeliveredImage } from './node-images.ts';
import type { Outcome, Reception } from './receive.ts';

const image: DeliveredImage = { sha256: 'a'.repeat(64), format: 'raw', size: 100 };
const place = { stateFolder: '/var/lib/croft/abcdefgh', runFolder: '/run/croft/abcdefgh' };
const arrived: Outcome = { kind: 'arrived' };

const isPresence = (command: Command) => command.argv.some((word) => word.startsWith('mkdir'));

/** A node that has no image. */
function emptyNode(name: string, answer: (command: Command) => FakeAnswer = () => ({})): FakeHost {
  return new FakeHost({ name, answer: (command) => (isPresence(command) ? { code: 44 } : answer(command)) });
}

interface Sent {
  to: string;
  /** The address of the source node; null for the controller. */
  from: string | null;
  reception: Reception;
  end(outcome: Outcome | Error): void;
}

/** A delivery whose transfers end when the test says so. */
function stage(options: Partial<ImageDeliveryOptions> = {}) {
  const sent: Sent[] = [];
  let time = 0;
  const routeOf = ({ name }: Host) => ({
    pool: 'default',
    ssh: { user: 'root', address: name, port: 22, hostKey: async () => 'ssh-ed25519 AAAA' },
  });
  const images = createImageDelivery({
    library: { path: (sha256, format) => `/library/${sha256}.${format}` },
    isLocal: () => false,
    peers: { routeOf, key: { privateKey: 'private', publicKey: 'ssh-ed25519 BBBB', comment: 'croft-x-images' } },
    now: () => time,
    receive: (reception) =>
      new Promise((resolve, reject) => {
        const { source, host } = reception;
        const end = (outcome: Outcome | Error) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
        sent.push({ to: host.name, from: source.kind === 'peer' ? source.address : null, reception, end });
      }),
    ...options,
  });
  const settle = async () => {
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  };
  const ways = () => sent.map(({ from, to }) => `${from ?? 'controller'} → ${to}`);
  return { images, sent, settle, ways, later: (ms: number) => (time += ms) };
}

test('CR12 an image that is on the node already is not sent again', async () => {
  const { images, sent } = stage();
  await images.ensure(new FakeHost(), place, image);
  assert.equal(sent.length, 0);
});

test('CR12 however many ask at one time, the image is sent to a node once, and all hear how far it is', async () => {
  const { images, sent, settle } = stage();
  const node = emptyNode('one');
  const heard: number[][] = [[], []];
  const asked = [0, 1].map((index) => images.ensure(node, place, image, (present, total) => heard[index]?.push(present, total)));
  asked.push(images.ensure(node, place, image));
  await settle();
  assert.equal(sent.length, 1);
  sent[0]?.reception.onProgress(40);
  sent[0]?.end(arrived);
  await Promise.all(asked);
  assert.deepEqual(heard, [
    [40, 100],
    [40, 100],
  ]);
});

test('SC9 nodes that ask together make a chain: each takes the image from the one before, as soon as that has begun', async () => {
  const { images, sent, settle, ways } = stage();
  const asked = ['a', 'b', 'c'].map((name) => images.ensure(emptyNode(name), place, image));
  await settle();
  assert.deepEqual(ways(), ['controller → a']);
  sent[0]?.reception.onProgress(0);
  await settle();
  sent[1]?.reception.onProgress(0);
  await settle();
  assert.deepEqual(ways(), ['controller → a', 'a → b', 'b → c']);
  for (const { end } of sent) end(arrived);
  await Promise.all(asked);
});

test('SC9 a source that fails is left out for a while, and the controller has the last word', async () => {
  const { images, sent, settle, ways, later } = stage();
  const [a, b] = [new FakeHost({ name: 'a' }), emptyNode('b')];
  await images.ensure(a, place, image);
  const first = images.ensure(b, place, image);
  await settle();
  sent[0]?.end({ kind: 'failed', words: 'no route' });
  await settle();
  sent[1]?.end({ kind: 'failed', words: 'the library is gone' });
  await assert.rejects(
    first,
    (error) => error instanceof CroftError && error.code === 'command.failed' && /library is gone/.test(error.message),
  );
  assert.deepEqual(ways(), ['a → b', 'controller → b']);
  const second = images.ensure(b, place, image);
  await settle();
  sent[2]?.end(new CroftError('disk.full', 'full'));
  await assert.rejects(second, { code: 'disk.full' });
  later(600_000);
  const third = images.ensure(b, place, image);
  await settle();
  sent[3]?.end(arrived);
  await third;
  assert.deepEqual(ways().slice(2), ['controller → b', 'a → b']);
});

test('SC9 wrong content starts over once, from the controller, and its source is not asked again', async () => {
  const { images, sent, settle, ways } = stage();
  await images.ensure(
    new FakeHost({ name: 'a', answer: (command) => (command.argv.includes('croft-verify') ? { code: 45 } : {}) }),
    place,
    image,
  );
  const asked = images.ensure(emptyNode('b'), place, image);
  await settle();
  sent[0]?.reception.onProgress(0);
  sent[0]?.end({ kind: 'differs', words: 'wrong' });
  await settle();
  sent[1]?.end({ kind: 'differs', words: 'wrong' });
  await assert.rejects(asked, { code: 'command.failed' });
  const other = images.ensure(emptyNode('c'), place, image);
  await settle();
  sent[2]?.end(arrived);
  await other;
  assert.deepEqual(ways(), ['a → b', 'controller → b', 'controller → c']);
});

test('SC9 a node that is given up waits no longer, and is no source any more', async () => {
  const { images, sent, settle, ways } = stage();
  const [a, b] = [emptyNode('a'), emptyNode('b')];
  const first = images.ensure(a, place, image);
  await settle();
  const second = assert.rejects(images.ensure(b, place, image), { code: 'unavailable' });
  await settle();
  images.giveUp(b, place);
  await second;
  sent[0]?.end(arrived);
  await first;
  images.giveUp(a, place);
  const third = images.ensure(emptyNode('c'), place, image);
  await settle();
  sent[1]?.end(arrived);
  await third;
  assert.deepEqual(ways(), ['controller → a', 'controller → c']);
});

test("CR12 on the controller's own machine the image is linked, and sent where it cannot be", async () => {
  let linkable = true;
  const { images, sent, settle } = stage({ isLocal: () => true });
  const node = emptyNode('here', (command) => (command.argv.some((word) => word.includes('ln "$1"')) && !linkable ? { code: 1 } : {}));
  await images.ensure(node, place, image);
  assert.equal(sent.length, 0);
  linkable = false;
  const asked = images.ensure(node, place, image);
  await settle();
  sent[0]?.end(arrived);
  await asked;
});

test('CR12 what the image folder has is observed by sha256; parts and foreign files are no images', async () => {
  const names = [`${image.sha256}.raw`, `${'0'.repeat(64)}.iso`, `${'1'.repeat(64)}.qcow2.partial`, 'notes.txt'];
  const node = new FakeHost({ answer: () => ({ stdout: names.map((name) => `${name}\n`).join('') }) });
  const call = stage().images.observe(node, place);
  const [result] = await node.batch([call.command]);
  assert.ok(result);
  assert.deepEqual(call.parse(result), ['0'.repeat(64), image.sha256]);
});

test('CR12 collecting tells the node what is kept and what is on its way; a delivery requested meanwhile waits for it', async () => {
  const { images, sent, settle } = stage();
  const coming: DeliveredImage = { ...image, sha256: 'b'.repeat(64) };
  let collecting = 0;
  const node = new FakeHost({
    answer: (command) => {
      if (command.argv.includes('croft-collect')) {
        collecting += 1;
        assert.equal(command.stdin, `keep ${image.sha256}\nkeep ${coming.sha256}\ncoming ${coming.sha256}\n`);
        return { stdout: `${'c'.repeat(64)}.qcow2 4096\n${'d'.repeat(64)}.raw.partial 512\n` };
      }
      return isPresence(command) ? { code: 44 } : {};
    },
  });
  const first = images.ensure(node, place, coming);
  await settle();
  const collection = images.collect(node, place, [image.sha256]);
  const second = images.ensure(node, place, image);
  assert.equal(collecting, 0);
  assert.deepEqual(await collection, { images: ['c'.repeat(64)], bytes: 4608 });
  await settle();
  for (const { end } of sent) end(arrived);
  await settle();
  for (const { end } of sent) end(arrived);
  await Promise.all([first, second]);
  assert.equal(sent.length, 2);
});
