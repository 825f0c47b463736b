/** The micro guest with disks, CD-ROMs and firmware as the QEMU driver gives them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { buildMicroImage } from '../../src/images/guests/micro.ts';
import { seedOf } from '../../src/images/seeds/seed.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import type { LaunchImage, VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { openStage, type Stage } from './qemu-stage.ts';

const patient = { powerdown: 30_000, terminate: 5_000 };
const limit = { timeout: 120_000 };
let folder: string;
let content: Buffer;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'croft-micro-disks-'));
  const outputFile = path.join(folder, 'micro.raw');
  await buildMicroImage({ workFolder: path.join(folder, 'work'), outputFile, log: () => undefined });
  content = await readFile(outputFile);
});
after(() => rm(folder, { recursive: true, force: true }));

async function guest(stage: Stage, script: string, changes: Partial<VmLaunch> = {}): Promise<VmLaunch> {
  const image = await stage.putImage(content, 'raw');
  return stage.launch('obedient', { image, memory: 192 * mebibyte, userData: `#!/bin/sh\n${script}\n`, ...changes });
}

const ended = 'user-data ended with exit code';

test('MH8 a guest finds volumes by name, keeps what it writes there, and sees an ISO image as a CD-ROM', limit, async () => {
  await using stage = await openStage(seedOf);
  const volumes = [
    { id: newIdentifier(), name: 'data', image: null, size: 8 * mebibyte },
    { id: newIdentifier(), name: 'tools', image: await isoImage(stage), size: null },
    { id: newIdentifier(), name: 'twenty-letters-long1', image: null, size: 4 * mebibyte },
  ];
  const script = `
for disk in vdb vdc; do echo "$disk is $(cat /sys/block/$disk/serial) with $(cat /sys/block/$disk/size)"; done
echo "found <$(head -c 7 /dev/vdb | tr -d '\\0')>"
printf 'written' >/dev/vdb
for drive in /dev/sr*; do mount -o ro "$drive" /mnt && [ -f /mnt/words ] && cat /mnt/words; umount /mnt; done
sync`;
  const vm = await guest(stage, script, { volumes });
  await stage.up(vm);
  const first = await stage.shows(vm.id, ended);
  assert.match(first, /vdb is data with 16384\r\n/);
  assert.match(first, /vdc is twenty-letters-long1 with 8192\r\n/);
  assert.match(first, /found <>/);
  assert.match(first, /words on a CD-ROM/);
  assert.equal(await stage.driver.stop(referenceTo(vm.id), patient), 'powered-down');
  await stage.up({
    ...vm,
    boot: 1,
    volumes: volumes.map((volume) => (volume.name === 'data' ? { ...volume, size: 16 * mebibyte } : volume)),
  });
  const again = await stage.shows(vm.id, 'found <written>');
  assert.match(again, /vdb is data with 32768\r\n/);
});

test('CR6 a guest boots by UEFI, with variables that stay its own', limit, async () => {
  await using stage = await openStage(seedOf);
  const vm = await guest(stage, '[ -d /sys/firmware/efi ] && echo "this is UEFI, $(hostname)"', { firmware: 'uefi', hostname: 'modern' });
  await stage.up(vm);
  await stage.shows(vm.id, 'this is UEFI, modern');
  assert.equal(await stage.driver.stop(referenceTo(vm.id), patient), 'powered-down');
  const { firmwareVariables } = vmFolders(stage.layout, vm.id);
  const kept = await readFile(firmwareVariables);
  assert.ok(kept.includes(Buffer.from('Boot0000', 'utf16le')), 'the firmware has written its boot options');
  await stage.driver.prepare(withLaunch({ ...vm, boot: 1 }, 'slice/vm'));
  assert.deepEqual(await readFile(firmwareVariables), kept);
});

test('SC10 a guest runs the script that came with a cloud-config', limit, async () => {
  await using stage = await openStage(seedOf);
  const vm = await guest(stage, 'echo "a script of $(hostname)"', { cloudConfig: '#cloud-config\npackages: [nginx]\n', hostname: 'web' });
  await stage.up(vm);
  assert.match(await stage.shows(vm.id, ended), /a script of web\r\n/);
});

test('SC10 a guest whose user-data is a cloud-config alone comes up without it', limit, async () => {
  await using stage = await openStage(seedOf);
  const vm = await guest(stage, '', { userData: null, cloudConfig: '#cloud-config\npackages: [nginx]\n' });
  await stage.up(vm);
  assert.doesNotMatch(await stage.shows(vm.id, 'guest ready'), /user-data/);
});

async function isoImage(stage: Stage): Promise<LaunchImage> {
  const words = path.join(folder, 'words');
  await writeFile(words, 'words on a CD-ROM\n');
  const file = path.join(folder, 'tools.iso');
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'tools', '-R', '-o', file, words], { stdio: 'ignore' });
  return stage.putImage(await readFile(file), 'iso');
}
