/** A controller that is killed at any moment continues where it was: every VM runs once, and nothing is left behind. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { followTask } from '../../src/client/follow-task.ts';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import type { Task } from '../../src/model/task.ts';
import { type Lab, startLab } from '../lab/lab.ts';
import { must } from '../lab/machine.ts';
import type { HostSnapshot } from '../lab/snapshot.ts';
import { numbersFrom, shuffled } from '../support/random.ts';
import { until } from '../support/until.ts';
import { bootImage } from './boot-image.ts';
import { lookAround } from './killed-controller-hosts.ts';
import { ControllerProcess } from './killed-controller-process.ts';
import { edited, expected, first, inWords, type SliceInput } from './killed-controller-slices.ts';

const seed = Number(process.env.CROFT_TEST_SEED ?? randomInt(1, 1_000_000));
const rounds = 8;
const patience = 60_000;

const resources = new AsyncDisposableStack();
let folder: string;
let lab: Lab;
let controller: ControllerProcess;
let controllerId: string;
let sha256: string;
const atFirst = new Map<string, HostSnapshot>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'croft-killed-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  lab = resources.use(await startLab({ hosts: 2 }));
  // Logins are killed amid their start: an empty home keeps them from the locks that this machine's start-up files take.
  for (const host of lab.hosts) await must(host.exec(['mount', '-t', 'tmpfs', '-o', 'mode=700', 'none', '/root']), 'an empty home');
  controller = resources.use(await ControllerProcess.at(join(folder, 'home')));
  await controller.start();
  const image = bootImage('obedient');
  sha256 = image.sha256;
  await controller.client.images.add('tiny', Readable.from([image.content]));
  const nodes = parse(await readFile(lab.nodesFile, 'utf8')) as NodeConfigInput[];
  for (const node of nodes) await controller.client.nodes.add(node);
  for (const host of lab.hosts) {
    await until(
      `${host.name} is ready`,
      async () => (await controller.client.nodes.get(host.name)).status === 'ready' || undefined,
      patience,
    );
    // The first namespace of any machine makes a permanent mount point, whichever program adds it.
    await must(host.exec(['sh', '-c', 'ip netns add first && ip netns delete first']), 'the first namespace');
    await until(`the bridge of ${host.name} is joined to the trunk`, async () => {
      const snapshot = await lab.snapshot(host);
      if (snapshot.ports.includes('br-croft trunk0')) atFirst.set(host.name, snapshot);
      return atFirst.has(host.name) || undefined;
    });
  }
  controllerId = (await controller.client.version()).controller;
});
after(() => resources.disposeAsync());

test('CR15 a controller killed at any moment of deploying, editing, restarting and deleting continues', async (t) => {
  const random = numbersFrom(seed);
  t.diagnostic(`seed ${seed} (CROFT_TEST_SEED)`);
  const pids = async () => new Map((await lookAround(lab.hosts, controllerId)).guests.map(({ vmId, pid }) => [vmId, pid]));
  const operations = [
    { name: 'deploy', request: () => apply(first), settled: () => isDeployed(first) },
    { name: 'edit', request: () => apply(edited), settled: () => isDeployed(edited) },
    { name: 'restart', request: () => controller.client.vms.restart('shop', 'b'), settled: () => isDeployed(edited) },
    { name: 'delete', request: remove, settled: isGone },
  ] as const;

  const durations = new Map<string, number>();
  for (const { name, request, settled } of operations) {
    const started = performance.now();
    const task = await request();
    if (task !== null) await follow(task, 0);
    durations.set(name, performance.now() - started);
    await settled();
  }
  t.diagnostic(`without a kill: ${[...durations].map(([name, duration]) => `${name} ${Math.round(duration)} ms`).join(', ')}`);

  const moments = operations.map(({ name }) => ({ name, parts: shuffled(rounds, random) }));
  const reached: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, request, settled }] of operations.entries()) {
      const part = moments[index]?.parts[round] ?? 0;
      const moment = ((part + random()) / rounds) * (durations.get(name) ?? 0);
      const before = await pids();
      const after = (await controller.client.events.latest()).sequence;
      const asked = request().then(
        (task) => ({ task }),
        () => null,
      );
      const followed = asked.then((answer) => (answer?.task ? follow(answer.task, after) : null));
      followed.catch(() => undefined);
      await delay(moment);
      await controller.kill();
      assert.equal(controller.integrity(), 'ok');
      await controller.start();
      const events = await controller.client.events.list({ after });
      reached.push(`${name} at ${Math.round(moment)} ms: ${events.filter(({ kind }) => kind !== 'node.status').length} events`);
      if ((await asked) === null) await request();
      else await followed;
      await settled();
      if (name === 'edit' && (await asked) !== null) {
        const b = (await controller.client.vms.get('shop', 'b')).id;
        assert.equal((await pids()).get(b), before.get(b), 'b runs on with its other NIC');
      }
      if (name === 'restart' && (await asked) !== null) {
        const b = (await controller.client.vms.get('shop', 'b')).id;
        const now = await pids();
        assert.notEqual(now.get(b), before.get(b), 'b runs anew');
        for (const [id, pid] of now) if (id !== b) assert.equal(pid, before.get(id), 'the others run on');
      }
    }
  }
  for (const line of reached) t.diagnostic(line);
  t.diagnostic(`${reached.length} kills`);
  assert.ok(reached.length >= 30);
});

async function apply(file: object): Promise<Task | null> {
  return (await controller.client.slices.apply({ file })).task;
}

/** Null where it is gone already. */
async function remove(): Promise<Task | null> {
  const slices = await controller.client.slices.list();
  return slices.length === 0 ? null : await controller.client.slices.remove('shop');
}

/** From the client that asked, across the controller's death. */
async function follow(task: Task, after: number): Promise<void> {
  const ended = await followTask(controller.client, task, { after, signal: AbortSignal.timeout(patience) });
  assert.equal(ended.state, 'done', `${ended.kind}: ${ended.message}`);
}

/** Waits until each VM runs once on the hosts, as the slice says, with all of its network and nothing more. */
async function isDeployed(file: SliceInput): Promise<void> {
  let seen: unknown;
  let wanted: unknown;
  const whole = async () => {
    const view = await controller.client.slices.get('shop').catch(() => null);
    if (view === null) return undefined;
    const names = new Map(view.vms.map(({ id, name }) => [id, name]));
    const tags = new Map(view.networks.map(({ name, segment }) => [name, segment]));
    const found = await lookAround(lab.hosts, controllerId);
    seen = { ...inWords(found, names), tasks: await running() };
    wanted = { ...expected(file, tags, controllerId, view), tasks: [] };
    return isDeepStrictEqual(seen, wanted) || undefined;
  };
  await until('the slice is whole', whole, patience).catch(() => assert.deepEqual(seen, wanted));
}

async function running(): Promise<Task[]> {
  return (await controller.client.tasks.list()).filter(({ state }) => state === 'running');
}

/** Waits until the hosts are as before the first deploy, but for the cached image and what is kept for removing the node. */
async function isGone(): Promise<void> {
  await until(
    'no slice is left',
    async () => ((await controller.client.slices.list()).length === 0 && (await running()).length === 0) || undefined,
  );
  const stateFolder = `/var/lib/croft/node/${controllerId}`;
  const kept = [
    ...[`${stateFolder}/images/${sha256}.raw`, `${stateFolder}/undo/ip-forward`, `/run/croft/${controllerId}/routers`],
    // What lets other nodes fetch images here, until the node is removed.
    ...[`${stateFolder}/serve-image`, `${stateFolder}/undo/authorized-keys`],
  ];
  for (const host of lab.hosts) {
    const before = atFirst.get(host.name);
    let now: HostSnapshot | undefined;
    const same = async () => {
      const snapshot = await lab.snapshot(host);
      now = { ...snapshot, files: snapshot.files.filter((file) => !kept.includes(file)) };
      return isDeepStrictEqual(now, before) || undefined;
    };
    await until(`${host.name} is as before`, same).catch(() => assert.deepEqual(now, before, `on ${host.name}`));
  }
  assert.deepEqual(await controller.client.vms.list(), []);
}

test('CR12 a controller killed during an upload keeps nothing of it, and the upload can be made again', async () => {
  const { content } = bootImage('deaf');
  async function* endless() {
    yield content;
    await new Promise(() => undefined);
  }
  const upload = controller.client.images.add('deaf', Readable.from(endless())).then(
    () => 'taken',
    () => 'refused',
  );
  await until('a part has arrived', async () => {
    const names = await readdir(controller.home.images);
    const sizes = await Promise.all(
      names.filter((name) => name.endsWith('.partial')).map(async (name) => (await stat(join(controller.home.images, name))).size),
    );
    return sizes.some((size) => size > 0) || undefined;
  });
  await controller.kill();
  assert.equal(await upload, 'refused');
  await controller.start();
  await libraryIsAsFirst();
  assert.deepEqual(
    (await controller.client.images.list()).map(({ name }) => name),
    ['tiny'],
  );
  assert.equal((await controller.client.images.add('deaf', Readable.from([content]))).content?.size, content.length);
  await controller.client.images.remove('deaf');
  await libraryIsAsFirst();
});

test('CR12 content that a killed controller took in and did not name yet goes with the next start', async () => {
  await controller.kill();
  await writeFile(join(controller.home.images, `${'0'.repeat(64)}.raw`), 'nobody names it');
  await controller.start();
  await libraryIsAsFirst();
});

test('CR12 a controller killed while it sends an image to a node sends it whole after its restart', async () => {
  const file = join(folder, 'large.raw');
  await writeFile(file, Buffer.concat([bootImage('obedient').content, Buffer.alloc(128 * 1024 * 1024)]));
  const large = await controller.client.images.add('large', createReadStream(file));
  const images = `/var/lib/croft/node/${controllerId}/images`;
  const filesOf = async () =>
    (await Promise.all(lab.hosts.map((host) => host.exec(['ls', images])))).flatMap(({ stdout }) => stdout.split('\n'));
  const task = await apply({ ...first, slice: 'big', networks: {}, vms: { one: { image: 'large', memory: '32MiB' } } });
  await until('a part of the image is on a node', async () => (await filesOf()).some((name) => name.includes('.partial')) || undefined);
  await controller.kill();
  assert.equal((await filesOf()).includes(`${large.content?.sha256}.raw`), false, 'it was killed in the middle');
  await controller.start();
  assert.ok(task);
  await follow(task, 0);
  const { node } = await controller.client.vms.get('big', 'one');
  const host = lab.hosts.find(({ name }) => name === node);
  assert.ok(host);
  assert.match(
    await must(host.exec(['sha256sum', `${images}/${large.content?.sha256}.raw`]), 'the sum of the image'),
    new RegExp(`^${large.content?.sha256} `),
  );
  await until('no part of it is left', async () => !(await filesOf()).some((name) => name.includes('.partial')) || undefined);
  await follow(await controller.client.slices.remove('big'), 0);
});

test('CR15 a home has one controller: a second one refuses and says which one serves it', async () => {
  const { code, words } = await controller.rival();
  assert.notEqual(code, 0);
  assert.match(words, /serves .* already/);
  assert.equal((await controller.client.health()).status, 'ok');
});

/** The sweep of unused files runs in parallel to the requests. */
async function libraryIsAsFirst(): Promise<void> {
  await until('the library has the first image alone', async () => {
    return isDeepStrictEqual(await readdir(controller.home.images), [`${sha256}.raw`]) || undefined;
  });
}
