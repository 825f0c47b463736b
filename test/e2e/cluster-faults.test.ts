import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';

let stage: ClusterStage;

/** Three guests over two hosts, and a router on one of them. */
before(async () => {
  stage = await ClusterStage.open({ hosts: 2, routerGrace: 2_000 });
  await stage.deploy({
    slice: 'shop',
    template: { image: 'micro', cpus: 1, memory: '128MiB', nics: ['lan'], restart: 'always' },
    networks: { lan: { cidr: '10.9.0.0/24', internet: true } },
    vms: { web: {}, db: {}, log: {} },
  });
});
after(() => stage?.[Symbol.asyncDispose]());

const names = ['web', 'db', 'log'];
const vm = (name: string) => stage.client.vms.get('shop', name);
const pids = (...which: string[]) => Promise.all(which.map((name) => stage.pid('shop', name)));
const routerNode = async (): Promise<string> => {
  const { router } = await stage.client.slices.get('shop');
  assert.ok(router?.node, 'the slice has a router');
  return router.node;
};

/** A VM that has its router on the other host, so that both ports of the way between them count. */
async function remoteVm(): Promise<string> {
  const node = await routerNode();
  const { vms } = await stage.client.slices.get('shop');
  return vms.find((one) => one.node !== node)?.name ?? '';
}

/** The guest reaches the gateway within the time of some passes. */
async function isConnected(name: string, target = '10.9.0.1'): Promise<void> {
  await using shell = await stage.shell('shop', name);
  await until(`${name} reaches ${target}`, async () => (await shell.reaches(target)) || undefined);
}

test('CR16 a QEMU that is killed runs again, and the event says why', async () => {
  const { node } = await vm('web');
  const [pid] = await pids('web');
  const others = await pids('db', 'log');
  const since = stage.events.now;
  await stage.on(node, 'kill -KILL "$1"', String(pid));
  const lost = await stage.events.next('vm.ended', { after: since, vm: 'web' });
  assert.match(lost.message, /ended/);
  await stage.events.next('vm.running', { after: lost.sequence - 1, vm: 'web' });
  await stage.events.next('vm.addressed', { after: lost.sequence, vm: 'web' });
  const [again] = await pids('web');
  assert.notEqual(again, pid);
  assert.deepEqual(await pids('db', 'log'), others);
  assert.equal((await vm('web')).restarts, 1);
  await isConnected('web');
});

test('CR16 a port that somebody deleted from the bridge is put back under the running VM', async () => {
  const name = await remoteVm();
  const [pid] = await pids(name);
  const view = await vm(name);
  const since = stage.events.now;
  await stage.on(view.node, 'ovs-vsctl del-port "$1"', await stage.tap(view));
  const repaired = await stage.events.next('node.repaired', { after: since, node: view.node ?? '' });
  assert.match(repaired.message, /1 network port/);
  await isConnected(name);
  assert.deepEqual(await pids(name), [pid]);
});

test('CR16 flows that somebody deleted are put back', async () => {
  const name = await remoteVm();
  const { node } = await vm(name);
  const since = stage.events.now;
  await stage.on(node, 'ovs-ofctl del-flows br-croft');
  await stage.events.next('node.repaired', { after: since, node: node ?? '' });
  await isConnected(name);
});

test('CR16 a dnsmasq that is killed is started again, and the event says what was wrong', async () => {
  const node = await routerNode();
  const since = stage.events.now;
  await stage.on(node, 'kill -KILL $(cat "$1"/routers/*/*/pid)', stage.runFolder);
  const repaired = await stage.events.next('router.done', { after: since, slice: 'shop' });
  assert.match(repaired.message, /dnsmasq of network lan does not run/);
  await using shell = await stage.shell('shop', 'web');
  await until('web looks up db', async () => (await shell.reaches('db')) || undefined);
});

test('CR16 a router whose namespace somebody deleted is made again', async () => {
  const node = await routerNode();
  const since = stage.events.now;
  await stage.on(node, 'ip netns delete "croft-$1-$2"', stage.controllerId, (await stage.client.slices.get('shop')).id);
  const repaired = await stage.events.next('router.done', { after: since, slice: 'shop' });
  assert.match(repaired.message, /its namespace is gone/);
  await Promise.all(names.map((name) => isConnected(name)));
  await isConnected('web', stage.lab.internet);
});

test('CR16 a repair is made and told once', async () => {
  const since = stage.events.now;
  // What a pass does to a port that is right already is seen from one whose port is not.
  const name = await remoteVm();
  const view = await vm(name);
  await stage.on(view.node, 'ovs-vsctl del-port "$1"', await stage.tap(view));
  await stage.events.next('node.repaired', { after: since, node: view.node ?? '' });
  const repairs = stage.events.all.filter(({ sequence }) => sequence > since);
  assert.deepEqual(
    repairs.map(({ kind }) => kind),
    ['node.repaired'],
  );
});

test('CR15 CR16 a cut management link leaves VMs running, and they are found again', async () => {
  const { node } = await vm(await remoteVm());
  assert.ok(node);
  const here = names.filter((name) => name !== undefined);
  const first = await pids(...here);
  await stage.host(node).cut();
  await stage.nodeIs(node, 'unreachable');
  const hidden = await stage.client.vms.list({ node });
  assert.ok(hidden.length > 0);
  for (const { state, reason } of hidden) {
    assert.equal(state, 'unknown');
    assert.match(reason ?? '', new RegExp(node));
  }
  await stage.host(node).join();
  await stage.nodeIs(node, 'ready');
  await until(
    'its VMs are seen to run',
    async () => (await stage.client.vms.list({ node })).every(({ state }) => state === 'running') || undefined,
  );
  assert.deepEqual(await pids(...here), first);
});

test('CR15 CR16 a controller that starts again finds its VMs with the same processes and consoles', async () => {
  const first = await pids(...names);
  await stage.restartController();
  for (const { name } of stage.lab.hosts) await stage.nodeIs(name, 'ready');
  assert.deepEqual(await pids(...names), first);
  await isConnected('web');
  const since = stage.events.all.findLast(({ kind }) => kind === 'vm.running')?.sequence ?? 0;
  assert.deepEqual(
    stage.events.all.filter(({ kind, sequence }) => sequence > since && /^vm\.(stopped|failed|ended)$/.test(kind)),
    [],
  );
});

test('CR5 CR16 a node without power is unreachable, its VMs wait for it, and the router moves on', async () => {
  const dead = await routerNode();
  const [other] = stage.lab.hosts.map(({ name }) => name).filter((name) => name !== dead);
  const before = await stage.client.vms.list({ node: dead });
  const alive = (await stage.client.vms.list({ node: other ?? '' })).map(({ name }) => name);
  assert.ok(before.length > 0 && alive.length > 0, 'both hosts have VMs');
  const living = await pids(...alive);
  const since = stage.events.now;
  await stage.host(dead).kill();
  await stage.nodeIs(dead, 'unreachable');
  const { reason } = await stage.client.nodes.get(dead);
  assert.match(reason ?? '', new RegExp(dead));
  for (const { state, node } of await stage.client.vms.list({ node: dead })) assert.deepEqual([state, node], ['unknown', dead]);

  const moved = await stage.events.next('router.placed', { after: since, slice: 'shop' });
  assert.equal(moved.node, other);
  await stage.events.next('router.done', { after: moved.sequence, slice: 'shop' });
  await isConnected(alive[0] ?? '', stage.lab.internet);
  assert.deepEqual(await pids(...alive), living);

  const down = stage.events.now;
  await stage.host(dead).boot();
  await stage.nodeIs(dead, 'ready');
  for (const { name } of before) await stage.events.next('vm.running', { after: down, vm: name, node: dead });
  const view = await stage.addressed('shop');
  assert.deepEqual(
    view.vms.map(({ name, node }) => [name, node]).sort(),
    [...before.map(({ name }) => [name, dead]), ...alive.map((name) => [name, other])].sort(),
    'every VM is where it was',
  );
  assert.deepEqual(await pids(...alive), living);
  for (const { name } of before) await isConnected(name);
  const { namespaces } = await stage.lab.snapshot(stage.host(dead));
  assert.deepEqual(namespaces, [], 'no router is left on the node that came back');
});

test('CR5 CR16 a router that moved while its node was only hidden is taken away there when the node is seen again', async () => {
  const old = await routerNode();
  const since = stage.events.now;
  await stage.host(old).cut();
  const moved = await stage.events.next('router.placed', { after: since, slice: 'shop' });
  assert.notEqual(moved.node, old);
  await stage.host(old).join();
  await stage.nodeIs(old, 'ready');
  await until('the old router is gone', async () => (await stage.lab.snapshot(stage.host(old))).namespaces.length === 0 || undefined);
  await Promise.all(names.map((name) => isConnected(name)));
});
