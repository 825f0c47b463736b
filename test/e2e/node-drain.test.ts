/** Draining nodes with everything real: VMs leave with their data, and whatever goes wrong on the way leaves them whole. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { VmView } from '../../src/model/vm/view.ts';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';

const patience = 60_000;
/** MiB of noise on the volume, so that copying it takes some time. */
const noise = 64;

let stage: ClusterStage;
let sum: string;

/** All VMs begin on lab1, with lab2 to go to. */
before(async () => {
  stage = await ClusterStage.open({ hosts: 2, routerGrace: 5_000 });
  await stage.client.nodes.drain('lab2');
  await stage.deploy({
    slice: 'shop',
    template: { image: 'micro', cpus: 1, memory: '128MiB', nics: ['lan'] },
    networks: { lan: { cidr: '10.9.0.0/24' } },
    vms: {
      web: { restart: 'always', volumes: [{ name: 'data', size: '128MiB' }] },
      once: { restart: 'never' },
      idle: { restart: 'always' },
    },
  });
  await stage.done(await stage.client.vms.stop('shop', 'idle'));
  await stage.client.nodes.resume('lab2');
  await using shell = await stage.shell('shop', 'web');
  await shell.must(`dd if=/dev/urandom of=/dev/vdb bs=1M count=${noise} 2>/dev/null && sync`);
  sum = await dataOf('web');
});
after(() => stage?.[Symbol.asyncDispose]());

const vm = (name: string): Promise<VmView> => stage.client.vms.get('shop', name);
const vmsFolder = (): string => `/var/lib/croft/node/${stage.controllerId}/vms`;

/** The sha256 of what was written to the guest's volume, as the guest reads it; the guest's own words may come in between. */
async function dataOf(name: string): Promise<string> {
  await using shell = await stage.shell('shop', name);
  const output = await shell.must(`dd if=/dev/vdb bs=1M count=${noise} 2>/dev/null | sha256sum`);
  return /\b[0-9a-f]{64}\b/.exec(output)?.[0] ?? output;
}

/** Folders of VMs and of what arrives, as the node has them. */
async function foldersOn(node: string): Promise<string[]> {
  return (await stage.on(node, 'ls -1 "$1"', vmsFolder())).split('\n').filter((name) => name !== '');
}

async function isOn(name: string, node: string, state = 'running'): Promise<VmView> {
  return await until(
    `${name} is ${state} on ${node}`,
    async () => {
      const view = await vm(name);
      return view.node === node && view.state === state && view.step === null ? view : undefined;
    },
    patience,
  );
}

/** A part of web's disks is there, and not yet all. */
async function arrivesOn(node: string): Promise<void> {
  const arrival = `${(await vm('web')).id}.arriving`;
  await until(`web arrives on ${node}`, async () => (await foldersOn(node)).includes(arrival) || undefined, patience);
}

test('CR1 CR4 a drain moves VMs with their disks and addresses, says what stays and why, and leaves nothing behind of what left', async () => {
  const { client, events } = stage;
  const since = events.now;
  const first = await vm('web');
  const answer = await client.nodes.drain('lab1');
  assert.deepEqual(answer.vms, [
    { vm: 'shop/idle', movingTo: 'lab2', stayReason: null },
    { vm: 'shop/once', movingTo: null, stayReason: 'runs with restart: never; stop it to let it move' },
    { vm: 'shop/web', movingTo: 'lab2', stayReason: null },
  ]);
  await stage.done(answer.task);
  assert.equal((await client.tasks.get(answer.task.id)).message, 'what stays: shop/once: runs with restart: never; stop it to let it move');
  await events.next('vm.moving', { after: since, vm: 'web', node: 'lab1', says: /leaves lab1 for lab2/ });
  await events.next('vm.moved', { after: since, vm: 'web', says: /moved from lab1 to lab2/ });
  await isOn('web', 'lab2');
  await stage.addressed('shop');
  const web = await vm('web');
  assert.deepEqual([web.id, web.nics, web.movingTo, web.stayReason], [first.id, first.nics, null, null]);
  assert.equal(await dataOf('web'), sum);
  await isOn('idle', 'lab2', 'stopped');
  const once = await vm('once');
  assert.deepEqual([once.node, once.state], ['lab1', 'running']);
  await until('only what stays is left on lab1', async () => (await foldersOn('lab1')).join() === once.id || undefined);
  assert.equal((await stage.labelled('lab1', `port:${web.id}:`)).length, 0);
});

test('CR1 what stayed leaves once its reason is gone, and then the node can be removed without a trace', async () => {
  const { client } = stage;
  await client.vms.stop('shop', 'once');
  await isOn('once', 'lab2', 'stopped');
  await stage.done((await client.nodes.drain('lab1')).task);
  assert.deepEqual(await client.vms.list({ node: 'lab1' }), []);
  assert.deepEqual(await client.nodes.remove('lab1'), { abandoned: [], left: null });
  assert.equal(await stage.on('lab1', 'ls -d "$1" 2>/dev/null || :', vmsFolder()), '');
  const [node] = (await stage.nodes()).filter(({ name }) => name === 'lab1');
  assert.ok(node);
  await client.nodes.add(node);
  await stage.nodeIs('lab1', 'ready');
});

/** Where the VM is, and the node that it would move to. */
async function route(): Promise<{ from: string; to: string }> {
  const { node } = await vm('web');
  return node === 'lab1' ? { from: 'lab1', to: 'lab2' } : { from: 'lab2', to: 'lab1' };
}

async function calledOff(from: string): Promise<void> {
  await stage.client.nodes.resume(from);
  await until('the move is called off', async () => (await vm('web')).movingTo === null || undefined);
}

test('CR4 a target without room is reported before the VM is stopped, which then moves once there is room', async () => {
  const { client, events } = stage;
  const { from, to } = await route();
  const pid = await stage.pid('shop', 'web');
  await stage.on(to, 'mount -t tmpfs -o size=16m,mode=711 none "$1"', vmsFolder());
  const since = events.now;
  const { task } = await client.nodes.drain(from);
  const failed = await events.next('vm.move-failed', { after: since, vm: 'web' });
  assert.match(failed.message, new RegExp(`its files take \\d+ MiB, and ${to} has \\d+ MiB free`));
  await until('web says why it does not move', async () => /MiB free/.test((await vm('web')).reason ?? '') || undefined);
  assert.deepEqual([(await vm('web')).movingTo, await stage.pid('shop', 'web')], [to, pid]);
  assert.equal((await client.tasks.get(task.id)).state, 'running');
  await stage.on(to, 'umount "$1"', vmsFolder());
  await stage.done(task);
  await isOn('web', to);
  await client.nodes.resume(from);
});

test('CR4 CR16 a target that loses its power during the copy leaves the VM whole, which runs on where it was', async () => {
  const { client, events } = stage;
  const { from, to } = await route();
  const since = events.now;
  const { task } = await client.nodes.drain(from);
  await arrivesOn(to);
  await stage.host(to).kill();
  await events.next('vm.move-failed', { after: since, vm: 'web' });
  const again = await events.next('vm.running', { after: since, vm: 'web' });
  assert.equal(again.node, from);
  await calledOff(from);
  await until('the drain is over', async () => (await client.tasks.get(task.id)).state === 'failed' || undefined);
  assert.match((await client.tasks.get(task.id)).message ?? '', /in use again/);
  await isOn('web', from);
  await stage.addressed('shop');
  assert.equal(await dataOf('web'), sum);
  await stage.host(to).boot();
  await stage.nodeIs(to, 'ready');
  await until('nothing that arrived is left', async () => !(await foldersOn(to)).some((name) => name.includes('.')) || undefined, patience);
});

test('CR4 CR16 a source whose link is cut during the copy makes no second VM, and the move is made when it is back', async () => {
  const { client } = stage;
  const { from, to } = await route();
  await client.nodes.drain(from);
  await arrivesOn(to);
  await stage.host(from).cut();
  await stage.nodeIs(from, 'unreachable');
  const cut = await vm('web');
  assert.equal(cut.node, from);
  assert.equal(await stage.on(to, 'grep -l "guest=$1," /proc/[0-9]*/cmdline 2>/dev/null || :', cut.id), '');
  await stage.host(from).join();
  await stage.nodeIs(from, 'ready');
  await stage.done((await client.nodes.drain(from)).task);
  await isOn('web', to);
  await stage.addressed('shop');
  assert.equal(await dataOf('web'), sum);
  await until(
    `${from} has nothing of web`,
    async () => !(await foldersOn(from)).some((name) => name.startsWith(cut.id)) || undefined,
    patience,
  );
  await client.nodes.resume(from);
});

test('CR4 a VM that is removed while it moves is gone from both nodes', async () => {
  const { from, to } = await route();
  await stage.client.nodes.drain(from);
  await arrivesOn(to);
  await stage.remove('shop');
  for (const node of [from, to]) {
    await until(`${node} has nothing of it`, async () => (await foldersOn(node)).length === 0 || undefined, patience);
  }
});
