import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { zonePlaces } from '../../src/drivers/hypervisor/zones/names.ts';
import { run } from '../../src/host/host.ts';
import { borrow, prepare, start, up } from '../contract/hypervisor-stage.ts';
import type { Machine } from '../stand-ins/zones/state.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { newDriver, openZonesStage, type ZonesStage } from './zones-stage.ts';

let stage: ZonesStage;
before(async () => {
  stage = await openZonesStage(null);
});
after(() => stage[Symbol.asyncDispose]());

const zoneOf = (vmId: string): string => zonePlaces(stage.layout, vmId).zone;
const datasetOf = (vmId: string): string => `rpool/croft-${stage.layout.controllerId}/vms/${vmId}`;
const volumesOf = ({ datasets }: Machine, vmId: string): string[] =>
  Object.keys(datasets).filter((name) => name.startsWith(`${datasetOf(vmId)}/head/`));

test('SC11 a zone is what its launch says: sizes, disks, CD-ROMs', async () => {
  await using lent = await borrow(stage, { device: true });
  const { vm } = lent;
  await up(stage, vm);
  const { zones } = await stage.machine.read();
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
  for (const { id } of vms) await stage.driver.destroy(referenceTo(id));
  assert.equal((await stage.machine.read()).datasets[image], undefined);
});

test('SC11 a qcow2 image becomes a volume of the size that its guest sees, with its content', async () => {
  const { layout, driver } = stage;
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
  await driver.destroy(referenceTo(vm.id));
});

test('SC11 images that take long to be written leave the node free for everything else', async () => {
  const { layout, host, driver } = stage;
  const vms = await Promise.all(
    Array.from({ length: 5 }, async (_, index) => {
      const sha256 = createHash('sha256').update(String(index)).digest('hex');
      return { ...(await stage.launch()), image: { id: sha256, sha256, format: 'raw' as const, size: 2 ** 20 } };
    }),
  );
  const file = ({ image }: { image: { sha256: string } }): string => `${layout.stateFolder}/images/${image.sha256}.raw`;
  for (const vm of vms) execFileSync('mkfifo', [file(vm)]);
  const made = Promise.all(vms.map((vm) => prepare(stage, vm)));
  const images = `rpool/croft-${layout.controllerId}/images/`;
  const begun = async () => Object.keys((await stage.machine.read()).datasets).some((name) => name.startsWith(images));
  await untilTrue(begun);
  for (const _ of vms) assert.equal((await run(host, { argv: ['true'] })).code, 0);
  for (const vm of vms) execFile('sh', ['-c', 'echo content >"$1"', 'write', file(vm)]);
  await made;
  for (const { id } of vms) await driver.destroy(referenceTo(id));
});

test('SC11 a state folder in a boot environment is refused before anything is made there, with a better place', async () => {
  const { host, machine } = stage;
  const environment = `${machine.pool}/be`;
  await mkdir(environment);
  await machine.change(({ datasets }) => {
    datasets['rpool/ROOT/omnios'] = { type: 'filesystem', properties: { mountpoint: environment }, volsize: 0, origin: null };
  });
  const layout = { ...stage.layout, stateFolder: `${environment}/var/lib/croft/node/abcd2345`, runFolder: `${environment}/run` };
  await assert.rejects(newDriver(machine).on({ host, layout }).prepareNode(), {
    code: 'node.unfit',
    message: /boot environment rpool\/ROOT\/omnios,/,
    hint: /zfs create -o mountpoint=\/data rpool\/data.*--state-folder \/data\/croft/,
  });
  assert.deepEqual(await readdir(environment), []);
  await machine.change(({ datasets }) => void delete datasets['rpool/ROOT/omnios']);
});

test('SC11 putting back that was cut is finished or taken back at the next step, wherever the cut was', async () => {
  const { driver, host } = stage;
  await using lent = await borrow(stage);
  const { vm } = lent;
  await prepare(stage, vm);
  await stage.write(vm, 1);
  await driver.snapshot(withLaunch(vm), 'one', false);
  await stage.write(vm, 2);
  const zfs = async (...argv: string[]) => {
    const [result] = await host.batch([{ argv: ['zfs', ...argv] }]);
    assert.equal(result?.code, 0, result?.stderr);
  };
  const dataset = datasetOf(vm.id);
  await zfs('create', `${dataset}/next`);
  await start(stage, vm);
  assert.equal((await stage.machine.read()).datasets[`${dataset}/next`], undefined);
  await driver.kill(referenceTo(vm.id));
  assert.equal(await stage.read(vm), 2);
  await zfs('create', `${dataset}/next`);
  await zfs('clone', `${dataset}/head/disk@croft-one`, `${dataset}/next/disk`);
  await zfs('rename', `${dataset}/head`, `${dataset}/past-0`);
  await start(stage, vm);
  await driver.kill(referenceTo(vm.id));
  assert.equal(await stage.read(vm), 1);
  await driver.revert(withLaunch(vm), 'one');
  assert.equal(await stage.read(vm), 1);
});

test('SC11 a volume that came after a snapshot keeps what is on it when the VM is put back', async () => {
  const { driver } = stage;
  await using lent = await borrow(stage, { device: true });
  const { vm } = lent;
  const before = { ...vm, volumes: [] };
  await prepare(stage, before);
  await driver.snapshot(withLaunch(before), 'one', false);
  await prepare(stage, vm);
  assert.equal(volumesOf(await stage.machine.read(), vm.id).length, 2);
  await driver.revert(withLaunch(vm), 'one');
  assert.equal(volumesOf(await stage.machine.read(), vm.id).length, 2);
  await prepare(stage, before);
  assert.equal(volumesOf(await stage.machine.read(), vm.id).length, 1);
});

test('SC11 snapshots have plain names, and NICs of two models are refused', async () => {
  const { driver } = stage;
  await using lent = await borrow(stage, { device: true });
  const { vm } = lent;
  await prepare(stage, vm);
  await assert.rejects(driver.snapshot(withLaunch(vm), '-r x@y', false), { code: 'input.invalid' });
  const [port] = vm.ports;
  assert.ok(port !== undefined);
  const mixed = { ...vm, ports: [port, { ...port, nicId: `${port.nicId}2`, model: 'e1000' as const }] };
  await assert.rejects(prepare(stage, mixed), { code: 'vm.launch', message: /one model/ });
});

test('SC11 what a driver leaves when it is purged is what was there before', async () => {
  const own = await openZonesStage(null);
  const { machine, layout } = own;
  const vm = await own.launch({ device: true });
  await up(own, vm);
  await own.driver.snapshot(withLaunch(vm), 'one', false);
  await own.driver.revert(withLaunch(vm), 'one');
  await start(own, vm);
  await own.driver.kill(referenceTo(vm.id));
  await own.network.purge();
  await own.driver.purge();
  const left = await machine.read();
  assert.deepEqual(
    [Object.keys(left.zones), Object.keys(left.datasets), Object.keys(left.snapshots), Object.keys(left.links)],
    [[], ['rpool'], [], ['e1000g0']],
  );
  assert.ok(!existsSync(layout.stateFolder) && !existsSync(layout.runFolder));
  await machine[Symbol.asyncDispose]();
});
