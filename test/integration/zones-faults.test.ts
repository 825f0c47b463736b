import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, test } from 'node:test';
import { zonePlaces } from '../../src/drivers/hypervisor/zones-names.ts';
import { perform } from '../../src/host/host.ts';
import { borrow, label, observed, prepare, start, stateOf, until, up } from '../contract/hypervisor-stage.ts';
import { lives, type Machine } from '../stand-ins/zones/state.ts';
import { openZonesStage, vnicsOf, type ZonesStage } from './zones-stage.ts';

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
const datasetOf = (vmId: string): string => `rpool/croft-${stage.layout.controllerId}/vms/${vmId}`;
const volumesOf = ({ datasets }: Machine, vmId: string): string[] =>
  Object.keys(datasets).filter((name) => name.startsWith(`${datasetOf(vmId)}/head/`));

test('SC11 a zone is what its launch says: sizes, disks, CD-ROMs, VLAN, and a NIC that can send only as itself', async () => {
  await using lent = await borrow(stage, { device: true });
  const { vm } = lent;
  await up(stage, vm);
  const { zones, links } = await stage.machine.read();
  const attributes = Object.fromEntries(
    (zones[zoneOf(vm.id)]?.resources ?? [])
      .filter(({ kind }) => kind === 'attr')
      .map(({ properties }) => [properties.name, properties.value]),
  );
  assert.deepEqual([attributes.vcpus, attributes.ram, attributes.bootrom], ['1', '128M', 'BHYVE_RELEASE_CSM']);
  assert.deepEqual([attributes['croft-controller'], attributes['croft-vm']], [stage.layout.controllerId, vm.id]);
  assert.equal(attributes.bootdisk, `${datasetOf(vm.id)}/head/disk`);
  assert.equal(attributes.disk0, `${datasetOf(vm.id)}/head/volume-${vm.volumes[0]?.id},serial=data`);
  assert.equal(await readFile(attributes.cdrom0 ?? '', 'utf8'), vm.hostname);
  const [vnic = ''] = vnicsOf(vm);
  assert.deepEqual(links[vnic]?.properties, {
    ...{ mac: '02:00:00:00:00:0a', vlan: '2000' },
    ...{ 'allowed-ips': '10.0.0.2', protection: 'mac-nospoof,ip-nospoof,restricted' },
  });
  await stage.driver.kill(stage.host, stage.layout, vm.id);
  assert.equal((await stage.machine.read()).links[vnic], undefined);
});

test('SC11 an image becomes one volume however many VMs want it at once, and goes with the last of them', async () => {
  const vms = await Promise.all([stage.launch(), stage.launch()]);
  await Promise.all(vms.map((vm) => prepare(stage, vm)));
  const image = `rpool/croft-${stage.layout.controllerId}/images/${stage.image.sha256}`;
  const origins = async () => {
    const { datasets } = await stage.machine.read();
    return Object.values(datasets).filter(({ origin }) => origin === `${image}@base`).length;
  };
  assert.equal(await origins(), 2);
  for (const { id } of vms) await stage.driver.destroy(stage.host, stage.layout, id);
  assert.equal((await stage.machine.read()).datasets[image], undefined);
});

test('SC11 a qcow2 image becomes a volume of the size that its guest sees, with its content', async () => {
  const { layout, host, driver } = stage;
  const [raw, qcow2] = [`${layout.runFolder}/raw`, `${layout.runFolder}/qcow2`];
  await writeFile(raw, Buffer.alloc(3 * 2 ** 20, 'disk'));
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2]);
  const content = await readFile(qcow2);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await rename(qcow2, `${layout.stateFolder}/images/${sha256}.qcow2`);
  const vm = { ...(await stage.launch()), image: { id: 'q', sha256, format: 'qcow2' as const, size: content.length }, disk: 4 * 2 ** 20 };
  await prepare(stage, vm);
  const volume = `${datasetOf(vm.id)}/head/disk`;
  const disk = await readFile(`${stage.machine.devices}/dsk/${volume}`);
  assert.deepEqual(disk.subarray(0, 3 * 2 ** 20), await readFile(raw));
  assert.deepEqual([disk.length, (await stage.machine.read()).datasets[volume]?.volsize], [4 * 2 ** 20, 4 * 2 ** 20]);
  await driver.destroy(host, layout, vm.id);
});

test('SC11 a full pool is told as one, and the VM is made once there is room', async () => {
  await using lent = await borrow(stage);
  await faults('full');
  await assert.rejects(prepare(stage, lent.vm), { code: 'disk.full', message: /out of space/ });
  assert.notEqual(await stateOf(stage, lent.vm.id), 'stopped');
  await faults();
  await prepare(stage, lent.vm);
  assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
});

test('SC11 a zone whose installation was cut is installed anew', async () => {
  await using lent = await borrow(stage);
  await faults('install');
  await assert.rejects(prepare(stage, lent.vm), { code: 'command.failed', message: /createzone/ });
  assert.equal(await stateOf(stage, lent.vm.id), 'preparing');
  await faults();
  await prepare(stage, lent.vm);
  await start(stage, lent.vm);
  assert.equal(await stateOf(stage, lent.vm.id), 'running');
});

test('SC11 a bhyve that cannot run fails the start with its own words, and leaves no NIC', async () => {
  await using lent = await borrow(stage, { device: true });
  await prepare(stage, lent.vm);
  await faults('bhyve');
  await assert.rejects(start(stage, lent.vm), { code: 'vm.launch', message: /Cannot allocate memory/ });
  assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
  const { links } = await stage.machine.read();
  assert.deepEqual(
    vnicsOf(lent.vm).filter((name) => links[name] !== undefined),
    [],
  );
});

test('CR7 a guest that hears the power button powers down, one that does not is halted when its time is over', async () => {
  const { driver, host, layout } = stage;
  await using obedient = await borrow(stage);
  await using deaf = await borrow(stage);
  await faults(`deaf ${zoneOf(deaf.vm.id)}`);
  await up(stage, obedient.vm);
  await up(stage, deaf.vm);
  assert.equal(await driver.stop(host, layout, obedient.vm.id, { powerdown: 60_000, terminate: 0 }), 'powered-down');
  assert.equal(await driver.stop(host, layout, deaf.vm.id, { powerdown: 300, terminate: 0 }), 'killed');
});

test('CR7 a zone that cannot be halted is told, and stopped once it can', async () => {
  const { driver, host, layout } = stage;
  await using lent = await borrow(stage);
  await up(stage, lent.vm);
  await faults('halt');
  await assert.rejects(driver.kill(host, layout, lent.vm.id), { code: 'command.failed', message: /unable to unmount/ });
  assert.equal(await stateOf(stage, lent.vm.id), 'running');
  await faults();
  assert.equal(await driver.kill(host, layout, lent.vm.id), true);
});

test('CR7 a VM ends also where its NIC does not let go, and that is removed at the next start', async () => {
  const { driver, host, layout } = stage;
  await using lent = await borrow(stage, { device: true });
  await up(stage, lent.vm);
  await faults('link');
  assert.equal(await driver.kill(host, layout, lent.vm.id), true);
  assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
  await assert.rejects(start(stage, lent.vm), { code: 'vm.launch', message: /link busy/ });
  await faults();
  await start(stage, lent.vm);
  assert.equal(await stateOf(stage, lent.vm.id), 'running');
});

test('CR6 a guest that powers off by itself has stopped with 0, and what its node lost with its power has failed', async () => {
  await using lent = await borrow(stage);
  await up(stage, lent.vm);
  await stage.host.batch([{ argv: ['pkill', '-z', zoneOf(lent.vm.id), 'bhyve'] }]);
  await until(async () => !lives((await stage.machine.read()).zones[zoneOf(lent.vm.id)]?.init ?? null));
  const { state, exitCode } = (await observed(stage, lent.vm.id)) ?? {};
  assert.deepEqual([state, exitCode], ['stopped', 0]);
  await start(stage, lent.vm);
  const init = (await stage.machine.read()).zones[zoneOf(lent.vm.id)]?.init ?? 0;
  const bhyve = (await readFile(`/proc/${init}/task/${init}/children`, 'utf8')).trim();
  for (const process_ of [init, Number(bhyve)]) process.kill(process_, 'SIGKILL');
  await until(() => !lives(init));
  await stage.machine.change((machine) => {
    machine.bootTime += 1000;
  });
  const lost = await observed(stage, lent.vm.id);
  assert.deepEqual([lost?.state, lost?.exitCode], ['failed', null]);
});

test('SC11 putting back that was cut is finished or taken back at the next step, wherever the cut was', async () => {
  const { driver, host, layout, abilities } = stage;
  await using lent = await borrow(stage);
  const { vm } = lent;
  await prepare(stage, vm);
  await stage.write(vm, 1);
  await driver.snapshot(host, layout, vm, 'one', false);
  await stage.write(vm, 2);
  const zfs = async (...argv: string[]) => {
    const [result] = await host.batch([{ argv: ['zfs', ...argv] }]);
    assert.equal(result?.code, 0, result?.stderr);
  };
  const dataset = datasetOf(vm.id);
  await zfs('create', `${dataset}/next`);
  await start(stage, vm);
  assert.equal((await stage.machine.read()).datasets[`${dataset}/next`], undefined);
  await driver.kill(host, layout, vm.id);
  assert.equal(await stage.read(vm), 2);
  await zfs('create', `${dataset}/next`);
  await zfs('clone', `${dataset}/head/disk@croft-one`, `${dataset}/next/disk`);
  await zfs('rename', `${dataset}/head`, `${dataset}/past-0`);
  await start(stage, vm);
  await driver.kill(host, layout, vm.id);
  assert.equal(await stage.read(vm), 1);
  await driver.revert(host, layout, abilities, vm, 'one');
  assert.equal(await stage.read(vm), 1);
});

test('SC11 a volume that came after a snapshot keeps what is on it when the VM is put back', async () => {
  const { driver, host, layout, abilities } = stage;
  await using lent = await borrow(stage, { device: true });
  const { vm } = lent;
  const before = { ...vm, volumes: [] };
  await prepare(stage, before);
  await driver.snapshot(host, layout, before, 'one', false);
  await prepare(stage, vm);
  assert.equal(volumesOf(await stage.machine.read(), vm.id).length, 2);
  await driver.revert(host, layout, abilities, vm, 'one');
  assert.equal(volumesOf(await stage.machine.read(), vm.id).length, 2);
  await prepare(stage, before);
  assert.equal(volumesOf(await stage.machine.read(), vm.id).length, 1);
});

test('CR7 a zone or a dataset of someone else is a reason to stop, and is left as it is', async () => {
  const { host, layout, driver } = stage;
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
  await assert.rejects(driver.prepareNode(host, theirs), { code: 'conflict.exists', message: /rpool\/croft-theirs22/ });
});

test('SC11 snapshots have plain names, and links that are impaired or NICs of two models are refused', async () => {
  const { driver, host, layout } = stage;
  await using lent = await borrow(stage, { device: true });
  const { vm } = lent;
  await prepare(stage, vm);
  await assert.rejects(driver.snapshot(host, layout, vm, '-r x@y', false), { code: 'input.invalid' });
  const [port] = vm.ports;
  assert.ok(port !== undefined);
  const impaired = { ...vm, ports: [{ ...port, impairment: { delay: 20, jitter: null, loss: null, rate: null } }] };
  await assert.rejects(driver.start(host, layout, stage.abilities, impaired, label), {
    code: 'vm.launch',
    message: /impaired/,
  });
  const mixed = { ...vm, ports: [port, { ...port, nicId: `${port.nicId}2`, model: 'e1000' as const }] };
  await assert.rejects(prepare(stage, mixed), { code: 'vm.launch', message: /one model/ });
});

test('SC11 a node whose zones service is not well is not usable, and says why', async () => {
  await faults('smf');
  const [probe] = await perform(stage.host, stage.driver.probe());
  assert.deepEqual([probe.usable, !probe.usable && /maintenance.*svcs -x/.test(probe.reason)], [false, true]);
});

test('SC11 what a driver leaves when it is purged is what was there before', async () => {
  const own = await openZonesStage(null);
  const { machine, layout } = own;
  const vm = await own.launch({ device: true });
  await up(own, vm);
  await own.driver.snapshot(own.host, layout, vm, 'one', false);
  await own.driver.revert(own.host, layout, own.abilities, vm, 'one');
  await start(own, vm);
  await own.driver.purge(own.host, layout);
  const left = await machine.read();
  assert.deepEqual(
    [Object.keys(left.zones), Object.keys(left.datasets), Object.keys(left.snapshots), Object.keys(left.links)],
    [[], ['rpool'], [], ['e1000g0']],
  );
  assert.ok(!existsSync(layout.stateFolder) && !existsSync(layout.runFolder));
  await machine[Symbol.asyncDispose]();
});
