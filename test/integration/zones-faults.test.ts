import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, test } from 'node:test';
import { zonePlaces } from '../../src/drivers/hypervisor/zones/names.ts';
import { createZonesDriver } from '../../src/drivers/hypervisor/zones/zones.ts';
import { perform } from '../../src/host/host.ts';
import { CroftError } from '../../src/model/error.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { borrow, observed, prepare, start, stateOf, up } from '../contract/hypervisor-stage.ts';
import { lives } from '../stand-ins/zones/state.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo } from '../support/vm-reference.ts';
import { newDriver, openZonesStage, type ZonesStage } from './zones-stage.ts';

let stage: ZonesStage;
before(async () => {
  stage = await openZonesStage(null);
});
after(() => stage[Symbol.asyncDispose]());
beforeEach(() => faults());

async function faults(...words: string[]): Promise<void> {
  await stage.machine.change((machine) => {
    machine.faults = words;
  });
}

const zoneOf = (vmId: string): string => zonePlaces(stage.layout, vmId).zone;

test('SC11 a full pool is reported as such, and the VM is made once there is room', async () => {
  await using lent = await borrow(stage);
  await faults('full');
  await assert.rejects(prepare(stage, lent.vm), { code: 'disk.full', message: /out of space/ });
  assert.notEqual(await stateOf(stage, lent.vm.id), 'stopped');
  await faults();
  await prepare(stage, lent.vm);
  assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
});

test('SC11 a zone whose installation was interrupted is installed again', async () => {
  await using lent = await borrow(stage);
  await faults('install');
  await assert.rejects(prepare(stage, lent.vm), { code: 'command.failed', message: /createzone/ });
  assert.equal(await stateOf(stage, lent.vm.id), 'preparing');
  await faults();
  await prepare(stage, lent.vm);
  await start(stage, lent.vm);
  assert.equal(await stateOf(stage, lent.vm.id), 'running');
});

test('SC11 a bhyve that cannot run fails the start with its own words', async () => {
  await using lent = await borrow(stage, { device: true });
  await prepare(stage, lent.vm);
  await faults('bhyve');
  await assert.rejects(start(stage, lent.vm), { code: 'vm.launch', message: /Cannot allocate memory/ });
  assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
});

test('CR7 a guest that hears the power button powers down, one that does not is halted when its time is over', async () => {
  const { driver } = stage;
  await using obedient = await borrow(stage);
  await using deaf = await borrow(stage);
  await faults(`deaf ${zoneOf(deaf.vm.id)}`);
  await up(stage, obedient.vm);
  await up(stage, deaf.vm);
  assert.equal(await driver.stop(referenceTo(obedient.vm.id), { powerdown: 60_000, terminate: 0 }), 'powered-down');
  assert.equal(await driver.stop(referenceTo(deaf.vm.id), { powerdown: 300, terminate: 0 }), 'killed');
});

test('CR7 however many guests do not hear the power button, all are asked, and the node does what else is wanted', async () => {
  const { driver, layout } = stage;
  const vms = await Promise.all(Array.from({ length: 5 }, () => stage.launch()));
  await faults(...vms.map(({ id }) => `deaf ${zoneOf(id)}`));
  for (const vm of vms) await up(stage, vm);
  const stops = vms.map(({ id }) => driver.stop(referenceTo(id), { powerdown: 600_000, terminate: 0 }));
  const asked = (vmId: string): boolean => existsSync(`${zonePlaces(layout, vmId).folder}/stopping`);
  await untilTrue(() => vms.every(({ id }) => asked(id)));
  for (const { id } of vms) assert.equal(await driver.kill(referenceTo(id)), true);
  assert.deepEqual(await Promise.all(stops), Array(5).fill('powered-down'));
  for (const { id } of vms) await driver.destroy(referenceTo(id));
});

test('SC11 a guest that restarts itself when asked comes back with its links protected, which its end had cleared', async () => {
  const { host, layout, network } = stage;
  const patient = newDriver(stage.machine, { reboot: 600_000, console: 60_000 }).on({ host, layout });
  await using lent = await borrow(stage, { device: true });
  const { id, ports } = lent.vm;
  await up(stage, lent.vm);
  const zone = async () => (await stage.machine.read()).zones[zoneOf(id)];
  const isHealthy = async () => (await perform(host, network.observe()))[0].ports.find(({ vmId }) => vmId === id)?.healthy;
  const before = (await zone())?.zoneId;
  await patient.reboot(referenceTo(id), true);
  assert.deepEqual([await stateOf(stage, id), await isHealthy()], ['running', true]);
  assert.notEqual((await zone())?.zoneId, before);
  const relaunched = (await observed(stage, id))?.launchHash;
  assert.equal(relaunched, planHash(lent.vm));
  // As an administrator's own \`zoneadm reboot\` does, without any notice.
  for (const verb of ['halt', 'boot'] as const) await host.batch([{ argv: ['zoneadm', '-z', zoneOf(id), verb] }]);
  assert.equal(await isHealthy(), false);
  for (const { error } of await network.attach(ports)) assert.equal(error, null);
  assert.equal(await isHealthy(), true);
});

test('CR7 a restart that is cut between the end of a guest and its boot leaves a VM that is to be started', async () => {
  const { machine } = stage;
  const cut = createZonesDriver({
    ...{ devices: machine.devices, times: { reboot: 600_000, console: 60_000 } },
    seedOf: () => ({ hash: '', build: async () => Buffer.alloc(0) }),
    links: { on: () => ({ attach: async () => [{ error: new CroftError('network.port', 'it is cut here') }] }) },
  }).on(stage);
  await using lent = await borrow(stage, { device: true });
  await up(stage, lent.vm);
  await assert.rejects(cut.reboot(referenceTo(lent.vm.id), true), { code: 'network.port' });
  const { state, exitCode } = (await observed(stage, lent.vm.id)) ?? {};
  assert.deepEqual([state, exitCode], ['stopped', null]);
});

test('CR7 a zone that cannot be halted is reported, and stopped once it can', async () => {
  const { driver } = stage;
  await using lent = await borrow(stage);
  await up(stage, lent.vm);
  await faults('halt');
  await assert.rejects(driver.kill(referenceTo(lent.vm.id)), { code: 'command.failed', message: /unable to unmount/ });
  assert.equal(await stateOf(stage, lent.vm.id), 'running');
  await faults();
  assert.equal(await driver.kill(referenceTo(lent.vm.id)), true);
});

test('CR6 a guest that powers off by itself has stopped with 0, and what its node lost with its power has failed', async () => {
  await using lent = await borrow(stage);
  await up(stage, lent.vm);
  await stage.host.batch([{ argv: ['pkill', '-z', zoneOf(lent.vm.id), 'bhyve'] }]);
  await untilTrue(async () => !lives((await stage.machine.read()).zones[zoneOf(lent.vm.id)]?.init ?? null));
  const { state, exitCode } = (await observed(stage, lent.vm.id)) ?? {};
  assert.deepEqual([state, exitCode], ['stopped', 0]);
  await start(stage, lent.vm);
  const init = (await stage.machine.read()).zones[zoneOf(lent.vm.id)]?.init ?? 0;
  const bhyve = (await readFile(`/proc/${init}/task/${init}/children`, 'utf8')).trim();
  for (const process_ of [init, Number(bhyve)]) process.kill(process_, 'SIGKILL');
  await untilTrue(() => !lives(init));
  await stage.machine.change((machine) => {
    machine.bootTime += 1000;
  });
  const lost = await observed(stage, lent.vm.id);
  assert.deepEqual([lost?.state, lost?.exitCode], ['failed', null]);
});

test('CR7 a zone or a dataset of someone else is a reason to stop, and is left as it is', async () => {
  const { host, layout } = stage;
  const vm = await stage.launch();
  await using foreign = await stage.foreign(vm);
  await assert.rejects(prepare(stage, vm), { code: 'conflict.exists', message: new RegExp(zoneOf(vm.id)) });
  await assert.rejects(start(stage, vm), { name: 'CroftError' });
  await foreign.intact();
  const theirs = {
    ...layout,
    controllerId: 'theirs22',
    stateFolder: `${stage.machine.pool}/croft/theirs22`,
    runFolder: `${stage.machine.pool}/run/theirs22`,
  };
  const [made] = await host.batch([{ argv: ['zfs', 'create', '-o', 'mountpoint=none', 'rpool/croft-theirs22'] }]);
  assert.equal(made?.code, 0, made?.stderr);
  await assert.rejects(newDriver(stage.machine).on({ host, layout: theirs }).prepareNode(), {
    code: 'conflict.exists',
    message: /rpool\/croft-theirs22/,
  });
});

test('SC11 a node whose zones service is not well is not usable, and says why', async () => {
  await faults('smf');
  const [probe] = await perform(stage.host, stage.driver.probe());
  assert.deepEqual([probe.usable, !probe.usable && /maintenance.*svcs -x/.test(probe.reason)], [false, true]);
});
