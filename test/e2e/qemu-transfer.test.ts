/** A VM's files from one node to another: real disks, with what guests and crashes may leave in the way. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { NodeReach, TransferOptions } from '../../src/drivers/hypervisor/driver.ts';
import { vmDisks } from '../../src/drivers/hypervisor/vm-folder/disks.ts';
import { vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { perform, run } from '../../src/host/host.ts';
import type { CroftError } from '../../src/model/error.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import { planHash, type VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { openStage, type Stage } from './qemu-stage.ts';

/** A stage with a second node on this machine, in folders of its own, and a VM with data on its disk and on a volume. */
async function openPair() {
  const stage = await openStage();
  const layout = { ...stage.layout, stateFolder: `${stage.folder}/other/state`, runFolder: `${stage.folder}/other/run` };
  await stage.hypervisor.on({ host: stage.host, layout }).prepareNode();
  const from: NodeReach = { host: stage.host, layout: stage.layout };
  const to: NodeReach = { host: stage.host, layout };
  const volume = { id: newIdentifier(), name: 'data', image: null, size: 64 * mebibyte };
  const vm = await stage.launch('obedient', { disk: 48 * mebibyte, volumes: [volume] });
  const image = `${vm.image.sha256}.raw`;
  await mkdir(`${layout.stateFolder}/images`, { recursive: true });
  await writeFile(`${layout.stateFolder}/images/${image}`, await readFile(`${stage.layout.stateFolder}/images/${image}`), { mode: 0o644 });
  await stage.driver.prepare(withLaunch(vm, 's/a'));
  const files = (reach: NodeReach) => vmDisks(reach.layout, vm).map(({ file }) => file) as [string, string];
  for (const file of files(from)) await qemuIo(stage, file, 'write -P 7 8M 5M');
  return { stage, from, to, vm, files };
}

async function qemuIo({ host }: Stage, file: string, words: string): Promise<string> {
  const { code, stdout, stderr } = await run(host, { argv: ['qemu-io', '-f', 'qcow2', '-c', words, file] });
  assert.equal(code, 0, stderr);
  return stdout;
}

function options(changes: Partial<TransferOptions> = {}): TransferOptions {
  return { exitCode: null, signal: new AbortController().signal, onProgress: () => undefined, ...changes };
}

async function seen({ hypervisor }: Stage, { host, layout }: NodeReach) {
  const driver = hypervisor.on({ host, layout });
  const [vms, arrivals] = await perform(host, driver.observe(), driver.arrivals());
  return { vms: vms.map(({ id, state, launchHash, exitCode }) => ({ id, state, launchHash, exitCode })), arrivals };
}

const stoppedVm = (vm: VmLaunch, exitCode: number | null = null) => ({
  ...{ id: vm.id, state: 'stopped', launchHash: planHash(vm), exitCode },
});

test('CR4 a VM that was copied has its disks, owner and base on the other node, starts there, and is whole on the first', async () => {
  const { stage, from, to, vm, files } = await openPair();
  await using _ = stage;
  const percents: number[] = [];
  await stage.driver.requireRoom(withLaunch(vm), to);
  await stage.driver.transfer(withLaunch(vm, 's/a'), to, options({ onProgress: (percent) => percents.push(percent) }));
  assert.deepEqual(await seen(stage, to), { vms: [stoppedVm(vm)], arrivals: [] });
  assert.deepEqual(await seen(stage, from), { vms: [stoppedVm(vm)], arrivals: [] });
  for (const file of files(to)) {
    await qemuIo(stage, file, 'read -P 7 8M 5M');
    const { mode, uid, gid, size, blocks } = await stat(file);
    assert.deepEqual([mode & 0o777, uid, gid], [0o600, vmUserId(vm.id), vmUserId(vm.id)]);
    assert.ok(blocks * 512 <= size + 65536);
  }
  const { stdout } = await run(stage.host, { argv: ['qemu-img', 'info', files(to)[0]] });
  assert.match(stdout, new RegExp(`backing file: ${to.layout.stateFolder}/images/`));
  await stage.hypervisor.on(to).prepare(withLaunch(vm, 's/a'));
  const abilities = { accelerator: { kind: 'tcg' as const, reason: '' }, architecture: 'x86_64', datapath: 'netdev' as const };
  await stage.hypervisor.on({ ...to, abilities }).start(withLaunch(vm, 's/a'));
  assert.equal((await seen(stage, to)).vms[0]?.state, 'running');
  await stage.hypervisor.on(to).destroy(referenceTo(vm.id));
});

test('CR4 a guest that powered off by itself has done so on the other node too', async () => {
  const { stage, to, vm } = await openPair();
  await using _ = stage;
  await stage.driver.transfer(withLaunch(vm, 's/a'), to, options({ exitCode: 0 }));
  assert.deepEqual((await seen(stage, to)).vms, [stoppedVm(vm, 0)]);
});

test('CR4 the files of an earlier attempt are resumed, and an older copy is never taken for the VM', async () => {
  const { stage, from, to, vm, files } = await openPair();
  await using _ = stage;
  await stage.driver.transfer(withLaunch(vm, 's/a'), to, options());
  await qemuIo(stage, files(from)[0], 'write -P 9 8M 5M');
  await stage.driver.transfer(withLaunch(vm, 's/a'), to, options());
  await qemuIo(stage, files(to)[0], 'read -P 9 8M 5M');
  await stage.hypervisor.on(to).destroy(referenceTo(vm.id));

  const folder = `${to.layout.stateFolder}/vms/${vm.id}.arriving`;
  await mkdir(folder, { mode: 0o700 });
  const [disk, volume] = files(from).map((file) => file.split('/').at(-1) ?? '') as [string, string];
  await writeFile(`${folder}/${disk}`, 'not what the disk is');
  await writeFile(`${folder}/${volume}`, await readFile(files(from)[1]));
  await writeFile(`${folder}/${volume}.partial`, randomBytes(10));
  await writeFile(`${folder}/of-another-life`, 'x');
  assert.deepEqual(await seen(stage, to), { vms: [], arrivals: [vm.id] });
  await stage.driver.transfer(withLaunch(vm, 's/a'), to, options());
  for (const file of files(to)) await qemuIo(stage, file, `read -P ${file.endsWith(disk) ? 9 : 7} 8M 5M`);
  assert.deepEqual((await readdir(`${to.layout.stateFolder}/vms/${vm.id}`)).sort(), [disk, 'launch.json', volume].sort());
});

test('CR4 a transfer that is called off leaves no VM on the other node, and what arrived can be discarded', async () => {
  const { stage, from, to, vm, files } = await openPair();
  await using _ = stage;
  await writeFile(`${stage.folder}/noise`, randomBytes(24 * mebibyte));
  await run(stage.host, { argv: ['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', `${stage.folder}/noise`, files(from)[1]] });
  const sums = await Promise.all(files(from).map(sha256));
  const off = new AbortController();
  const moving = stage.driver.transfer(withLaunch(vm, 's/a'), to, options({ signal: off.signal }));
  const arriving = async () => (await seen(stage, to)).arrivals.length > 0;
  while (!(await arriving()));
  off.abort();
  await assert.rejects(moving, { name: 'AbortError' });
  assert.deepEqual((await seen(stage, to)).vms, []);
  await stage.hypervisor.on(to).discardArrival(referenceTo(vm.id));
  assert.deepEqual(await readdir(`${to.layout.stateFolder}/vms`), []);
  assert.deepEqual(await Promise.all(files(from).map(sha256)), sums);
});

test('CR4 a node without room is reported before anything is copied', async () => {
  const { stage, from, to, vm, files } = await openPair();
  await using _ = stage;
  const small = `${stage.folder}/small`;
  await mkdir(small);
  assert.equal((await run(stage.host, { argv: ['mount', '-t', 'tmpfs', '-o', 'size=20m,mode=711', 'none', small] })).code, 0);
  try {
    const full: NodeReach = { host: stage.host, layout: { ...to.layout, stateFolder: `${small}/state` } };
    await stage.hypervisor.on(full).prepareNode();
    await assert.rejects(stage.driver.requireRoom(withLaunch(vm), full), (error: CroftError) => {
      assert.equal(error.code, 'disk.full');
      assert.match(error.message, /its files take \d+ MiB, and here has \d+ MiB free/);
      return true;
    });
    await writeFile(`${stage.folder}/noise`, randomBytes(24 * mebibyte));
    await run(stage.host, { argv: ['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', `${stage.folder}/noise`, files(from)[1]] });
    await assert.rejects(stage.driver.transfer(withLaunch(vm, 's/a'), full, options()), (error: CroftError) => {
      assert.equal(error.code, 'disk.full', error.message);
      assert.match(error.message, /No space left on device/);
      return true;
    });
    assert.deepEqual((await seen(stage, full)).vms, []);
    assert.deepEqual((await seen(stage, from)).vms, [stoppedVm(vm)]);
  } finally {
    await run(stage.host, { argv: ['umount', small] });
  }
});

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
