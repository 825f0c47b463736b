/** The files of a VM on its node, made by the QEMU driver: seed, disks, volumes and the variables of its firmware. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { diskFiles } from '../../src/drivers/hypervisor/vm-folder/disks.ts';
import { vmFolders, vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { seedOf } from '../../src/images/seeds/seed.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import type { LaunchImage, VmLaunch, VolumePlan } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { openStage, type Stage, virtualSize } from './qemu-stage.ts';

const execute = promisify(execFile);
const hasty = { powerdown: 0, terminate: 5_000 };

const volume = (name: string, size: number | null, image: LaunchImage | null = null): VolumePlan => ({
  id: newIdentifier(),
  name,
  image,
  size,
});
const volumeFile = (stage: Stage, vm: VmLaunch, { id }: VolumePlan) => `${vmFolders(stage.layout, vm.id).state}/volume-${id}.qcow2`;
const prepare = (stage: Stage, vm: VmLaunch) => stage.driver.prepare(withLaunch(vm, 'slice/vm'));

test('MH8 volumes are made once, under the user of their VM, grow, and go when the VM has them no longer', {
  timeout: 60_000,
}, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  const [data, base, tools] = [volume('data', 4 * mebibyte), volume('base', null, vm.image), volume('tools', null, await isoImage(stage))];
  const wanted = { ...vm, volumes: [data, base, tools] };
  await stage.up(wanted);
  const file = volumeFile(stage, vm, data);
  const made = await stat(file);
  assert.deepEqual([made.uid, made.gid, (made.mode & 0o777).toString(8)], [vmUserId(vm.id), vmUserId(vm.id), '600']);
  assert.deepEqual([await virtualSize(file), await virtualSize(volumeFile(stage, vm, base))], [4 * mebibyte, vm.image.size]);
  await assert.rejects(stat(volumeFile(stage, vm, tools)), { code: 'ENOENT' }, 'a CD-ROM is the image itself');

  const fewer = { ...wanted, volumes: [{ ...data, size: 8 * mebibyte }] };
  await assert.rejects(prepare(stage, fewer), { message: /still uses/ }, 'a volume in use is not removed');
  await stage.driver.stop(referenceTo(vm.id), hasty);
  await prepare(stage, fewer);
  assert.deepEqual([(await stat(file)).ino, await virtualSize(file)], [made.ino, 8 * mebibyte]);
  await assert.rejects(stat(volumeFile(stage, vm, base)), { code: 'ENOENT' });
  await stage.up(fewer);
  await stage.driver.destroy(referenceTo(vm.id));
  await assert.rejects(stat(file), { code: 'ENOENT' });
});

test('MH8 a disk on an image is never smaller than it, and never made smaller', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  const [small, large] = [volume('small', 1024, vm.image), volume('large', 3 * mebibyte, vm.image)];
  const wanted = { ...vm, volumes: [small, large] };
  await prepare(stage, wanted);
  assert.deepEqual(await Promise.all([small, large].map((each) => virtualSize(volumeFile(stage, vm, each)))), [
    vm.image.size,
    3 * mebibyte,
  ]);
  await prepare(stage, { ...wanted, volumes: [small, { ...large, size: 2 * mebibyte }] });
  assert.equal(await virtualSize(volumeFile(stage, vm, large)), 3 * mebibyte);
});

test('MH8 a VM boots from its disk though it has volumes, and a qcow2 image has volumes on it too', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  const content = await convert(`${stage.layout.stateFolder}/images/${vm.image.sha256}.raw`);
  const image = await stage.putImage(content, 'qcow2');
  const base = volume('base', 2 * mebibyte, image);
  const wanted = { ...vm, image, volumes: [volume('first', mebibyte), base] };
  await stage.up(wanted);
  await untilTrue(async () => (await stage.driver.consoleLog(referenceTo(vm.id), 1000)).includes('Booted.'));
  assert.equal(await virtualSize(volumeFile(stage, vm, base)), 2 * mebibyte);
});

test('SC10 a VM of an ISO image has an empty disk of its own size', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = { ...(await stage.launch()), image: await isoImage(stage), disk: 16 * mebibyte };
  await stage.up(vm);
  assert.equal(await virtualSize(vmFolders(stage.layout, vm.id).disk), 16 * mebibyte);
});

test("CR6 the variables of UEFI are the VM's own, kept over restarts, and gone with it", { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = { ...(await stage.launch()), firmware: 'uefi' as const };
  await stage.up(vm);
  const { firmwareVariables } = vmFolders(stage.layout, vm.id);
  const made = await stat(firmwareVariables);
  assert.deepEqual([made.uid, (made.mode & 0o777).toString(8)], [vmUserId(vm.id), '600']);
  await stage.driver.stop(referenceTo(vm.id), hasty);
  const kept = Buffer.alloc(made.size, 'kept');
  await writeFile(firmwareVariables, kept);
  await prepare(stage, { ...vm, boot: 1, volumes: [volume('data', mebibyte)] });
  assert.deepEqual(await readFile(firmwareVariables), kept);
  await stage.driver.destroy(referenceTo(vm.id));
  await assert.rejects(stat(firmwareVariables), { code: 'ENOENT' });
});

test('CR6 a node whose UEFI does not fit the variables of a VM is unfit, and the variables stay as they are', {
  timeout: 60_000,
}, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  await prepare(stage, vm);
  const { firmwareVariables } = vmFolders(stage.layout, vm.id);
  await writeFile(firmwareVariables, 'of another size');
  await assert.rejects(prepare(stage, { ...vm, firmware: 'uefi' }), { code: 'node.unfit', message: /slice\/vm needs UEFI/, hint: /ovmf/ });
  assert.equal(await readFile(firmwareVariables, 'utf8'), 'of another size');
});

test('MH8 all files that cannot be made again are named in one place', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = { ...(await stage.launch()), firmware: 'uefi' as const, volumes: [volume('data', mebibyte)] };
  await prepare(stage, vm);
  const { state } = vmFolders(stage.layout, vm.id);
  const remade = ['launch.json', 'seed.iso', 'firmware-code.fd'];
  const names = (await readdir(state)).filter((name) => !remade.includes(name)).map((name) => `${state}/${name}`);
  assert.deepEqual(diskFiles(stage.layout, vm).sort(), names.sort());
});

test('SC10 a seed is built again exactly when its content changes', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch('obedient', { userData: '#!/bin/sh\n' });
  const { seed, disk } = vmFolders(stage.layout, vm.id);
  await prepare(stage, vm);
  const [first, firstDisk] = [await stat(seed), await stat(disk)];
  await prepare(stage, { ...vm, boot: 1, memory: 64 * mebibyte });
  assert.equal((await stat(seed)).ino, first.ino);
  await prepare(stage, { ...vm, userData: '#!/bin/sh\n# changed\n' });
  assert.notEqual((await stat(seed)).ino, first.ino);
  assert.equal((await stat(disk)).ino, firstDisk.ino);
  await rm(seed);
  await prepare(stage, { ...vm, userData: '#!/bin/sh\n# changed\n' });
  assert.ok((await stat(seed)).isFile(), 'a seed that is lost is made again');
});

test('SC10 a secret in a seed is readable by its VM alone, and nothing of it is left after the VM', { timeout: 60_000 }, async () => {
  const work = await mkdtemp(path.join(tmpdir(), 'croft-seeds-'));
  try {
    await using stage = await openStage((vm) => seedOf(vm, work));
    const secret = `secret-${newIdentifier()}`;
    const vm = await stage.launch('obedient', { userData: `#!/bin/sh\necho ${secret}\n` });
    const neighbour = await stage.launch();
    await stage.up(vm);
    const { seed } = vmFolders(stage.layout, vm.id);
    assert.ok((await readAs(seed, vmUserId(vm.id))).includes(secret));
    for (const user of [vmUserId(neighbour.id), 65534]) await assert.rejects(readAs(seed, user), /Permission denied/);
    assert.deepEqual(await readdir(work), [], 'nothing is left on the controller');
    await stage.driver.destroy(referenceTo(vm.id));
    await assert.rejects(execute('grep', ['-r', '-l', '-a', secret, stage.folder]), { code: 1 });
  } finally {
    await rm(work, { recursive: true });
  }
});

async function readAs(file: string, user: number): Promise<string> {
  return (await execute('setpriv', ['--reuid', String(user), '--regid', String(user), '--clear-groups', 'cat', file])).stdout;
}

async function isoImage(stage: Stage): Promise<LaunchImage> {
  return stage.putImage(Buffer.alloc(2048 * 64), 'iso');
}

async function convert(raw: string): Promise<Buffer> {
  const file = `${raw}.converted`;
  await execute('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, file]);
  const content = await readFile(file);
  await rm(file);
  return content;
}
