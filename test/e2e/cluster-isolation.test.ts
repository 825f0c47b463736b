import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SliceView } from '../../src/model/slice/view.ts';
import type { VmView } from '../../src/model/vm/view.ts';
import { until } from '../support/until.ts';
import { ClusterStage } from './cluster-stage.ts';
import type { GuestShell } from './guest-shell.ts';

let stage: ClusterStage;
let red: SliceView;
let blue: SliceView;

/** The same names and the same subnet twice; with two hosts each slice has one VM on each. */
const sliceFile = (slice: string, others: object = {}) => ({
  slice,
  template: { image: 'micro', cpus: 1, memory: '128MiB', nics: ['lan'] },
  networks: { lan: { cidr: '10.9.0.0/24', internet: true } },
  vms: { vm1: {}, ...others },
});

before(async () => {
  stage = await ClusterStage.open({ hosts: 2 });
  [red, blue] = await Promise.all([stage.deploy(sliceFile('red', { vm2: {}, vm10: {} })), stage.deploy(sliceFile('blue'))]);
});
after(() => stage?.[Symbol.asyncDispose]());

function vmOf(slice: SliceView, name: string): VmView {
  const vm = slice.vms.find((one) => one.name === name);
  assert.ok(vm);
  return vm;
}

const addressOf = (slice: SliceView, name: string): string => vmOf(slice, name).nics[0]?.address ?? '';

/** The MAC that a guest has for an address, from a new request; null where no machine answers. */
async function neighbour(shell: GuestShell, address: string): Promise<string | null> {
  const { output } = await shell.run(
    `ip neigh flush dev eth0 >/dev/null; ping -c 1 -W 2 ${address} >/dev/null 2>&1; ip neigh show ${address}`,
  );
  return / lladdr (\S+)/.exec(output)?.[1] ?? null;
}

test('CR17 two slices with equal names, subnets and addresses on the same hosts each see only their own', async () => {
  assert.equal(addressOf(red, 'vm1'), addressOf(blue, 'vm1'), 'the address plans are equal');
  assert.notDeepEqual(red.networks[0]?.segment, blue.networks[0]?.segment);
  await using redShell = await stage.shell('red', 'vm2');
  await redShell.comesToReach('vm1');
  assert.equal(await neighbour(redShell, addressOf(red, 'vm1')), vmOf(red, 'vm1').nics[0]?.mac);
  assert.match(await redShell.must('ping -c 1 -W 5 vm1'), new RegExp(`from ${addressOf(red, 'vm1')}`));

  await using blueShell = await stage.shell('blue', 'vm1');
  for (const name of ['vm2', 'vm10']) {
    assert.equal(await neighbour(blueShell, addressOf(red, name)), null, `blue hears no ARP of red’s ${name}`);
    assert.notEqual((await blueShell.run(`ping -c 1 -W 2 ${name}`)).code, 0, `blue knows no ${name}`);
  }
});

test('CR17 a guest that takes another address or another MAC is not heard', async () => {
  const peer = addressOf(red, 'vm1');
  await using shell = await stage.shell('red', 'vm2');
  await shell.comesToReach(peer);

  await shell.must('ip address add 10.9.0.200/24 dev eth0');
  const spoofed = await shell.run(`ping -c 2 -W 2 -I 10.9.0.200 ${peer}`);
  assert.notEqual(spoofed.code, 0, spoofed.output);
  await shell.must('ip address del 10.9.0.200/24 dev eth0');
  await shell.comesToReach(peer);

  const { mac = '' } = vmOf(red, 'vm2').nics[0] ?? {};
  await shell.must('ip link set dev eth0 address 52:54:00:99:99:99');
  assert.equal(await shell.reaches(peer), false, 'another MAC is dropped');
  await shell.must(`ip link set dev eth0 address ${mac}`);
  await shell.comesToReach(peer);
});

test('CR17 a guest that takes a neighbour’s address does not take its traffic', async () => {
  const victim = vmOf(red, 'vm1');
  await using thief = await stage.shell('red', 'vm10');
  await thief.must(`ip address add ${addressOf(red, 'vm1')}/24 dev eth0`);
  await thief.run(`arping -U -c 2 -w 3 -I eth0 ${addressOf(red, 'vm1')}`);
  await using watcher = await stage.shell('red', 'vm2');
  assert.equal(await neighbour(watcher, addressOf(red, 'vm1')), victim.nics[0]?.mac);
  await thief.must(`ip address del ${addressOf(red, 'vm1')}/24 dev eth0`);
});

test('CR17 a guest reaches neither its node’s services nor another slice’s router', async () => {
  await using shell = await stage.shell('red', 'vm1');
  await shell.comesToReach(stage.lab.internet);
  const opens = async (address: string, port: number) => (await shell.run(`nc -w 3 ${address} ${port} </dev/null | grep .`)).code === 0;
  const router = red.router?.node ?? null;
  const [ownNode] = await transitOf(red);
  assert.equal(await opens(ownNode, 22), false, 'sshd by the transit address');
  assert.equal(await opens(stage.host(router).address, 22), false, 'sshd by the address of the router’s own node');
  assert.equal(await opens('10.9.0.1', 22), false, 'sshd by the gateway');
  for (const address of await transitOf(blue)) assert.equal(await shell.reaches(address), false, `blue’s transit ${address}`);
});

/** The addresses of a slice's transit link, the node's and the router's. */
async function transitOf({ id, router }: SliceView): Promise<[string, string]> {
  const [name = ''] = await stage.labelled(router?.node ?? null, `transit:${id}`);
  const [, first = '', last = ''] =
    /inet (\S+\.)(\d+)\/30/.exec(await stage.on(router?.node ?? null, 'ip -4 address show dev "$1"', name)) ?? [];
  return [`${first}${last}`, `${first}${Number(last) + 1}`];
}

test('CR7 CR17 stopping vm1 stops neither vm10 nor the vm1 of another slice', async () => {
  const others = [
    ['red', 'vm10'],
    ['red', 'vm2'],
    ['blue', 'vm1'],
  ] as const;
  const pids = () => Promise.all(others.map(([slice, vm]) => stage.pid(slice, vm)));
  const first = await pids();
  await stage.done(await stage.client.vms.stop('red', 'vm1'));
  assert.equal((await stage.client.vms.get('red', 'vm1')).state, 'stopped');
  assert.deepEqual(await pids(), first);
  await using shell = await stage.shell('red', 'vm10');
  await shell.comesToReach(addressOf(red, 'vm2'));
});

test('CR17 removing one slice leaves the other one’s guests, names and way out', async () => {
  const pid = await stage.pid('blue', 'vm1');
  await stage.remove('red');
  assert.equal(await stage.pid('blue', 'vm1'), pid);
  await using shell = await stage.shell('blue', 'vm1');
  await shell.comesToReach('vm1');
  await until('blue reaches the internet', async () => (await shell.reaches(stage.lab.internet)) || undefined);
  await stage.remove('blue');
});
