import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, beforeEach, test } from 'node:test';
import type { NodeAbilities, NodeLayout } from '../../src/drivers/hypervisor/driver.ts';
import type { NodeNetwork, ObservedNetwork } from '../../src/drivers/network/driver.ts';
import { etherstubName, vnicName } from '../../src/drivers/network/names.ts';
import { plansFolder } from '../../src/drivers/network/vnic/state.ts';
import { createVnicDriver } from '../../src/drivers/network/vnic/vnic.ts';
import { perform } from '../../src/host/host.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import { type PortPlan, planHash } from '../../src/model/node/plan.ts';
import { openStandIns, type StandInMachine } from '../stand-ins/zones/machine.ts';
import type { Machine } from '../stand-ins/zones/state.ts';
import { port as anyPort } from '../support/vm.ts';

const abilities: NodeAbilities = { accelerator: { kind: 'kvm', reason: '' }, architecture: 'x86_64', datapath: 'system' };
let machine: StandInMachine;
let layout: NodeLayout;
let driver: NodeNetwork;
before(async () => {
  machine = await openStandIns();
});
after(() => machine?.[Symbol.asyncDispose]());
beforeEach(async () => {
  const controllerId = 'abcd2345';
  bind({ controllerId, bridge: 'b', uplink: 'e1000g0', stateFolder: `${machine.pool}/state`, runFolder: `${machine.pool}/run` });
  await driver.purge();
  await machine.change((now) => {
    now.faults = [];
    now.links = { e1000g0: { kind: 'phys', over: '', properties: {} } };
  });
});

/** The node with this layout is the one that is worked on from now on. */
function bind(next: NodeLayout): void {
  layout = next;
  driver = createVnicDriver().on({ host: machine.host, layout, abilities });
}

function portOf(vmId: string, number: number, other: Partial<PortPlan> = {}): PortPlan {
  const nicId = `nic${'abcdefg'[number]}aaaaaaaaaaaa`;
  return anyPort({ nicId, vmId, mac: `02:00:00:00:00:0${number}`, address: `10.0.0.${number}`, segment: 2000 + number, ...other });
}

const linkOf = ({ nicId }: PortPlan): string => vnicName(layout.controllerId, nicId);

async function attach(...ports: PortPlan[]): Promise<void> {
  for (const { error } of await driver.attach(ports)) assert.equal(error, null);
}

async function observe(): Promise<ObservedNetwork> {
  return (await perform(machine.host, driver.observe()))[0];
}

async function links(): Promise<Machine['links']> {
  return (await machine.read()).links;
}

/** Puts a link into a zone that runs: this process passes for its bhyve. */
async function lend(name: string): Promise<void> {
  await machine.change((now) => {
    const resources = [{ kind: 'net' as const, properties: { physical: name }, options: [] }];
    now.zones.z = { globals: {}, resources, state: 'installed', zoneId: 1, init: process.pid };
  });
}

test('SC11 a VM gets a link with the VLAN of its network, that sends only as itself and takes its address from DHCP', async () => {
  const port = portOf('vm', 1);
  await attach(port);
  assert.deepEqual((await links())[linkOf(port)], {
    ...{ kind: 'vnic', over: 'e1000g0' },
    properties: { mac: '02:00:00:00:00:01', vlan: '2001', protection: 'dhcp-nospoof,ip-nospoof,mac-nospoof,restricted' },
  });
  assert.deepEqual((await observe()).ports, [{ name: linkOf(port), nicId: port.nicId, vmId: 'vm', healthy: true, hash: planHash(port) }]);
  const before = await links();
  await attach(port);
  assert.deepEqual(await links(), before);
});

test('SC11 where the network has no DHCP its address is allowed, and no longer once it has', async () => {
  const port = portOf('vm', 2, { dhcp: false });
  await attach(port);
  assert.equal((await links())[linkOf(port)]?.properties['allowed-ips'], '10.0.0.2');
  assert.equal((await observe()).ports[0]?.healthy, true);
  const served = { ...port, dhcp: true };
  assert.notEqual((await observe()).ports[0]?.hash, planHash(served));
  await attach(served);
  assert.equal((await links())[linkOf(port)]?.properties['allowed-ips'], undefined);
  assert.deepEqual((await observe()).ports[0], {
    name: linkOf(port),
    nicId: port.nicId,
    vmId: 'vm',
    healthy: true,
    hash: planHash(served),
  });
});

test('SC11 a VM gets all of its links or none, and others are not held up by it', async () => {
  const [good, bad, fine] = [portOf('one', 1), portOf('one', 2), portOf('two', 3)];
  await machine.change(({ faults }) => void faults.push('vnic 2002'));
  const outcomes = await driver.attach([good, bad, fine]);
  assert.deepEqual(
    outcomes.map(({ vmId, error }) => [vmId, error?.code ?? null]),
    [
      ['one', 'network.port'],
      ['two', null],
    ],
  );
  assert.match(outcomes[0]?.error?.message ?? '', /could not be made over e1000g0 on omni: dladm: vnic creation .* failed/);
  assert.deepEqual(Object.keys(await links()), ['e1000g0', linkOf(fine)]);
  assert.deepEqual(await readdir(plansFolder(layout)), [linkOf(fine)]);
  assert.doesNotMatch(outcomes[0]?.error?.message ?? '', /not found/);
});

test('SC11 a network that is impaired is refused with what is impaired, before any link of the VM is made', async () => {
  const slow = portOf('vm', 2, { impairment: { delay: null, jitter: null, loss: null, rate: 10e6 } });
  const [outcome] = await driver.attach([portOf('vm', 1), slow]);
  assert.match(outcome?.error?.message ?? '', /impaired \(rate 10Mbit\).* cannot do that/);
  assert.deepEqual(Object.keys(await links()), ['e1000g0']);
});

test('SC11 of a VM that runs a link gets its protection back, and cannot become another one or go', async () => {
  const port = portOf('vm', 1);
  await attach(port);
  await lend(linkOf(port));
  await machine.change((now) => void delete now.links[linkOf(port)]?.properties.protection);
  await attach(port);
  assert.equal((await observe()).ports[0]?.healthy, true);
  const [outcome] = await driver.attach([{ ...port, segment: 3000 }]);
  assert.match(`${outcome?.error?.message} ${outcome?.error?.hint}`, /link busy .*stop the VM/);
  await assert.rejects(driver.detach([linkOf(port)]), { code: 'network.port', message: /link busy/ });
  await machine.change((now) => void delete now.zones.z);
  await driver.detach([linkOf(port)]);
  await driver.detach([linkOf(port)]);
  assert.deepEqual(Object.keys(await links()), ['e1000g0']);
});

test('SC11 without an uplink VMs are joined by a virtual switch, which goes with the last that is removed', async () => {
  bind({ ...layout, uplink: null });
  assert.equal((await observe()).underlay.healthy, false);
  await driver.ensureUnderlay(underlayOf(layout));
  await driver.ensureUnderlay(underlayOf(layout));
  assert.deepEqual((await observe()).underlay, { healthy: true, faults: [], hash: planHash(underlayOf(layout)) });
  const port = portOf('vm', 1);
  await attach(port);
  assert.equal((await links())[linkOf(port)]?.over, etherstubName(layout.controllerId));
  await driver.purge();
  assert.deepEqual(Object.keys(await links()), ['e1000g0']);
});

test('SC11 an uplink that the node does not have is named, with how to find one', async () => {
  bind({ ...layout, uplink: 'net7' });
  assert.equal((await observe()).underlay.healthy, false);
  await assert.rejects(driver.ensureUnderlay(underlayOf(layout)), {
    code: 'network.port',
    message: /net7/,
    hint: /show-link/,
  });
});

test("SC11 links that bear another controller's name, or nobody's, are neither seen nor touched", async () => {
  const foreign = { kind: 'vnic' as const, over: 'e1000g0', properties: { mac: '02:00:00:00:00:aa', vlan: '7' } };
  const names = [vnicName('other234', portOf('vm', 1).nicId), 'web0', 'ct_abcd2345_0'];
  await machine.change((now) => {
    for (const name of names) now.links[name] = foreign;
  });
  const own = portOf('vm', 1);
  await attach(own);
  assert.deepEqual(
    (await observe()).ports.map(({ name }) => name),
    [linkOf(own)],
  );
  await driver.detach(names);
  await driver.purge();
  assert.deepEqual(Object.keys(await links()), ['e1000g0', ...names]);
});

test('SC11 a node with zones has no routers, and says where they are', async () => {
  const router = { sliceId: 's', slice: 's', transit: '10.0.0.0/30', networks: [] };
  await assert.rejects(driver.ensureRouter(router), { code: 'network.router', message: /Linux nodes/ });
  await driver.removeRouter('s');
  assert.deepEqual((await observe()).routers, []);
});

test('SC11 a dladm that does not answer fails the look with its words', async () => {
  const { parse } = driver.observe();
  assert.throws(() => parse({ code: 1, stdout: 'links\n', stderr: 'dladm: failed to open' }), {
    code: 'command.failed',
    message: /failed to open/,
  });
});
