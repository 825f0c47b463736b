/** A controller that is killed while a VM's disks are being copied makes the move after its restart, and the VM is one and whole at every time. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import { type Lab, startLab } from '../lab/lab.ts';
import { must } from '../lab/machine.ts';
import { until } from '../support/until.ts';
import { bootImage } from './boot-image.ts';
import { lookAround } from './killed-controller-hosts.ts';
import { ControllerProcess } from './killed-controller-process.ts';

const patience = 60_000;
const resources = new AsyncDisposableStack();
let lab: Lab;
let controller: ControllerProcess;
let controllerId: string;
let id: string;

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'croft-drain-killed-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  lab = resources.use(await startLab({ hosts: 2 }));
  // Logins are killed amid their start: an empty home keeps them from the locks that this machine's start-up files take.
  for (const host of lab.hosts) await must(host.exec(['mount', '-t', 'tmpfs', '-o', 'mode=700', 'none', '/root']), 'an empty home');
  controller = resources.use(await ControllerProcess.at(join(folder, 'home')));
  await controller.start();
  const { client } = controller;
  await client.images.add('tiny', Readable.from([bootImage('obedient').content]));
  for (const node of parse(await readFile(lab.nodesFile, 'utf8')) as NodeConfigInput[]) await client.nodes.add(node);
  for (const { name } of lab.hosts) await until(`${name} is ready`, async () => (await isReady(name)) || undefined, patience);
  controllerId = (await client.version()).controller;
  await client.nodes.drain('lab2');
  const vms = { a: { image: 'tiny', memory: '32MiB', nics: [], volumes: [{ name: 'data', size: '256MiB' }] } };
  await client.slices.apply({ file: { slice: 'shop', vms } });
  id = (await runsOn('lab1')).id;
  await client.vms.stop('shop', 'a');
  await until('it has stopped', async () => (await client.vms.get('shop', 'a')).state === 'stopped' || undefined, patience);
  await on(
    'lab1',
    `cd "$1" && volume=$(ls volume-*) && dd if=/dev/urandom of=noise bs=1M count=160 2>/dev/null && truncate -s 256M noise &&
      qemu-img convert -f raw -O qcow2 noise new && cat new >"$volume" && rm noise new`,
    vmFolder(),
  );
  await client.nodes.resume('lab2');
  await client.vms.start('shop', 'a');
  await runsOn('lab1');
});
after(() => resources.disposeAsync());

const vmFolder = () => `/var/lib/croft/node/${controllerId}/vms/${id}`;
const isReady = async (name: string) => (await controller.client.nodes.get(name)).status === 'ready';

function on(name: string, script: string, ...parameters: string[]): Promise<string> {
  const host = lab.hosts.find((one) => one.name === name);
  assert.ok(host);
  return must(host.exec(['sh', '-c', script, 'sh', ...parameters]), `"${script}" on ${name}`);
}

async function runsOn(node: string) {
  return await until(
    `the VM runs on ${node}`,
    async () => {
      const [vm] = await controller.client.vms.list({ slice: 'shop' });
      return vm?.node === node && vm.state === 'running' ? vm : undefined;
    },
    patience,
  );
}

/** The sha256 of what the guest sees of its volume, whichever way it is stored. */
async function dataOn(node: string): Promise<string> {
  const script =
    'cd "$1" && qemu-img convert -U -f qcow2 -O raw volume-*.qcow2 /dev/shm/volume && sha256sum </dev/shm/volume; rm -f /dev/shm/volume';
  return (await on(node, script, vmFolder())).split(' ')[0] ?? '';
}

test('CR4 CR15 a controller killed during the copy continues the move, and no VM runs twice or loses a byte', async (t) => {
  const sum = await dataOn('lab1');
  let [from, to] = ['lab1', 'lab2'] as [string, string];
  for (const moment of ['it is stopped', 'a part has arrived', 'its disks are whole']) {
    const { task } = await controller.client.nodes.drain(from);
    await until(
      moment,
      async () => {
        const { guests } = await lookAround(lab.hosts, controllerId);
        if (moment === 'it is stopped') return guests.length === 0 || undefined;
        const words = moment === 'a part has arrived' ? 'ls "$1.arriving" 2>/dev/null | grep -q partial' : '[ -d "$1" ]';
        return (await on(to, `if ${words}; then echo yes; fi`, vmFolder())) === '' ? undefined : true;
      },
      patience,
    );
    await controller.kill();
    assert.equal(controller.integrity(), 'ok');
    const { guests } = await lookAround(lab.hosts, controllerId);
    t.diagnostic(`killed when ${moment}: ${guests.length} guests`);
    await controller.start();
    await runsOn(to);
    await until('the drain is done', async () => (await controller.client.tasks.get(task.id)).state === 'done' || undefined, patience);
    await until(
      'it is on one host only',
      async () => {
        const found = await lookAround(lab.hosts, controllerId);
        assert.ok(found.guests.every(({ host }) => host === to));
        return (found.guests.length === 1 && found.folders.length === 1) || undefined;
      },
      patience,
    );
    assert.equal(await dataOn(to), sum);
    await controller.client.nodes.resume(from);
    [from, to] = [to, from];
  }
});

test('CR4 CR15 a move that is called off while the controller is dead leaves the VM where it was, and nothing on the other node', async () => {
  const [vm] = await controller.client.vms.list({ slice: 'shop' });
  const from = vm?.node ?? '';
  const to = from === 'lab1' ? 'lab2' : 'lab1';
  const sum = await dataOn(from);
  await controller.client.nodes.drain(from);
  await until(
    'a part has arrived',
    async () => (await on(to, 'if ls "$1.arriving" 2>/dev/null | grep -q partial; then echo yes; fi', vmFolder())) !== '' || undefined,
    patience,
  );
  await controller.kill();
  await controller.start();
  await controller.client.nodes.resume(from);
  await until('it stays', async () => (await controller.client.vms.get('shop', 'a')).movingTo === null || undefined, patience);
  const settled = await runsOn((await controller.client.vms.get('shop', 'a')).node ?? '');
  assert.equal(await dataOn(settled.node ?? ''), sum);
  const empty = settled.node === from ? to : from;
  await until(
    'nothing of it is on the other node',
    async () => (await on(empty, 'ls "$1"', `/var/lib/croft/node/${controllerId}/vms`)) === '' || undefined,
    patience,
  );
});
