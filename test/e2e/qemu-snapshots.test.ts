/** Snapshots of the QEMU driver beyond the contract: cut off, on some disks only, moved, and with the variables of UEFI. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootBanner } from './boot-image.ts';
import { openStage, snapshots, volume } from './qemu-stage.ts';

const hasty = { powerdown: 500, terminate: 500 };

test('SC11 a VM killed while it is snapshotted has a usable disk and no half snapshot', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = { ...(await stage.launch()), memory: 512 * mebibyte, volumes: [volume()] };
  const { disk } = vmFolders(layout, vm.id);
  // One that was over before the kill does not count.
  for (let cut = false; !cut; ) {
    const pid = await stage.up(vm);
    await stage.shows(vm.id, bootBanner);
    const { size } = await stat(disk);
    const taking = driver.snapshot(withLaunch(vm), 'half', true).then(
      () => false,
      () => true,
    );
    await untilTrue(async () => (await stat(disk)).size > size, 1);
    process.kill(pid, 'SIGKILL');
    cut = await taking;
    if (!cut) await driver.removeSnapshot(withLaunch(vm), 'half');
  }
  assert.deepEqual(await snapshots(stage, vm), []);
  await untilTrue(async () => (await stage.observed(vm.id))?.exitCode === 137);
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'half', true);
  assert.deepEqual(await snapshots(stage, vm), [['half', true]]);
});

test('SC11 a snapshot that only some disks have is none, and its name is free', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = { ...(await stage.launch()), volumes: [volume()] };
  await driver.prepare(withLaunch(vm, 's/a'));
  const file = `${vmFolders(layout, vm.id).state}/volume-${vm.volumes[0]?.id}.qcow2`;
  const leave = () => execFileSync('qemu-img', ['snapshot', '-c', 'croft-one', file]);
  leave();
  assert.deepEqual(await snapshots(stage, vm), []);
  await driver.snapshot(withLaunch(vm), 'one', false);
  await driver.removeSnapshot(withLaunch(vm), 'one');
  leave();
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'one', false);
  assert.deepEqual(await snapshots(stage, vm), [['one', false]]);

  const more = { ...vm, volumes: [...vm.volumes, { ...volume(), name: 'late' }] };
  await driver.stop(referenceTo(vm.id), hasty);
  await driver.prepare(withLaunch(more, 's/a'));
  await assert.rejects(driver.revert(withLaunch(more), 'one'), { code: 'conflict.changed', message: /late/ });
});

test('SC11 snapshots move with their VM', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  await using other = await openStage();
  const { driver } = stage;
  const vm = { ...(await stage.launch()), volumes: [volume()] };
  await other.launch();
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'm', true);
  await driver.snapshot(withLaunch(vm), 'disks', false);
  await driver.stop(referenceTo(vm.id), hasty);
  const options = { exitCode: null, signal: new AbortController().signal, onProgress: () => undefined };
  await driver.transfer(withLaunch(vm, 's/a'), other, options);
  assert.deepEqual(await snapshots(other, vm), [
    ['m', true],
    ['disks', false],
  ]);
  await other.driver.revert(withLaunch(vm), 'disks');
  await other.driver.prepare(withLaunch(vm, 's/a'));
  const kept = await stat(`${vmFolders(other.layout, vm.id).state}/machine.croft-m`);
  assert.deepEqual([kept.uid, kept.mode & 0o777], [0, 0o600], 'only root says what is started');
  await other.driver.revert(withLaunch(vm), 'm');
  assert.equal((await other.observed(vm.id))?.state, 'running');
});

test('SC11 names of snapshots are checked before they reach a node', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  for (const name of ['', 'A', 'a b', '-a', 'a-', '../x', 'a;b', '1\n', 'a'.repeat(64)]) {
    await assert.rejects(stage.driver.snapshot(withLaunch(vm), name, false), { code: 'input.invalid' });
  }
});

test('SC11 a disk whose image is gone is said, with what is missing', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch();
  await driver.prepare(withLaunch(vm, 's/a'));
  const image = `${layout.stateFolder}/images/${vm.image.sha256}.raw`;
  await rename(image, `${image}.gone`);
  await assert.rejects(driver.snapshot(withLaunch(vm), 'one', false), { code: 'command.failed', message: /Could not open.*\.raw/s });
  assert.deepEqual(await snapshots(stage, vm), []);
});

test('SC11 the variables of UEFI come back with each snapshot, go with it, and move with their VM', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  await using other = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch('obedient', { memory: 128 * mebibyte, firmware: 'uefi' });
  await other.launch();
  const { firmwareVariables } = vmFolders(layout, vm.id);
  const hash = async (file = firmwareVariables) =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'live', false);
  await driver.snapshot(withLaunch(vm), 'memory', true);
  assert.deepEqual(await snapshots(stage, vm), [
    ['live', false],
    ['memory', true],
  ]);
  const { mode, uid } = await stat(firmwareVariables);
  const kept = await hash(`${firmwareVariables}.croft-live`);
  await driver.revert(withLaunch(vm), 'memory');
  await driver.removeSnapshot(withLaunch(vm), 'memory');
  await driver.stop(referenceTo(vm.id), hasty);

  await writeFile(firmwareVariables, 'changed');
  await driver.snapshot(withLaunch(vm), 'offline', false);
  await driver.revert(withLaunch(vm), 'live');
  assert.equal(await hash(), kept);
  const now = await stat(firmwareVariables);
  assert.deepEqual([now.mode, now.uid], [mode, uid]);
  await driver.revert(withLaunch(vm), 'offline');
  assert.equal(await readFile(firmwareVariables, 'utf8'), 'changed');
  await driver.removeSnapshot(withLaunch(vm), 'offline');
  await assert.rejects(stat(`${firmwareVariables}.croft-offline`), { code: 'ENOENT' });

  const options = { exitCode: null, signal: new AbortController().signal, onProgress: () => undefined };
  await driver.transfer(withLaunch(vm, 's/a'), other, options);
  await other.driver.revert(withLaunch(vm), 'live');
  assert.equal(await hash(vmFolders(other.layout, vm.id).firmwareVariables), kept);
  await other.up(vm);
  await other.driver.removeSnapshot(withLaunch(vm), 'live');
  await assert.rejects(stat(`${vmFolders(other.layout, vm.id).firmwareVariables}.croft-live`), { code: 'ENOENT' });
});
