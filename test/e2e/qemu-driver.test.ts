/** The QEMU driver with real QEMUs, whose guest is a boot sector. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { vmFolders, vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { perform } from '../../src/host/host.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { port as anyPort } from '../support/vm.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootBanner } from './boot-image.ts';
import { alive, openStage, processesOf, processStatus, seedBytes, virtualSize } from './qemu-stage.ts';

const patient = { powerdown: 20_000, terminate: 5_000 };

test('CR6 a VM is prepared, started and seen, and its guest runs', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  await driver.prepare(withLaunch(vm, 'slice/vm'));
  const stopped = await stage.observed(vm.id);
  assert.deepEqual([stopped?.state, stopped?.launchHash], ['stopped', planHash(vm)]);

  const before = Date.now();
  await driver.start(withLaunch(vm, 'slice/vm'));
  const running = await stage.observed(vm.id);
  assert.deepEqual([running?.state, running?.launchHash, running?.exitCode], ['running', planHash(vm), null]);
  assert.ok(Math.abs((running?.startedAt ?? 0) - before) < 5_000);
  await untilTrue(async () => (await driver.consoleLog(referenceTo(vm.id), 1000)).includes(bootBanner));
  assert.equal(await driver.consoleLog(referenceTo(vm.id), 3), 'd.\r\n'.slice(-3));
});

test('CR6 QEMU runs under a user of its own, without privileges, in its sandbox', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  const status = await processStatus(await stage.up(vm));
  const user = String(vmUserId(vm.id));
  assert.deepEqual(status.Uid?.split('\t'), [user, user, user, user]);
  assert.deepEqual(status.Gid?.split('\t'), [user, user, user, user]);
  assert.deepEqual([status.Seccomp, status.NoNewPrivs, status.Groups], ['2', '1', '']);
  assert.deepEqual([status.CapEff, status.CapPrm, status.CapBnd], Array(3).fill('0'.repeat(16)));
});

test("CR6 a VM's files are closed to other VMs, and it cannot replace what root writes", { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  await stage.up(vm);
  const folders = vmFolders(stage.layout, vm.id);
  const user = vmUserId(vm.id);
  const { groupId } = await stage.host.login();
  const seen = async (path: string) => {
    const { uid, gid, mode } = await stat(path);
    return [uid, gid, (mode & 0o7777).toString(8)];
  };
  assert.deepEqual(await seen(folders.state), [0, user, '710']);
  assert.deepEqual(await seen(folders.disk), [user, user, '600']);
  assert.deepEqual(await seen(folders.seed), [0, user, '640']);
  assert.deepEqual(await seen(folders.run), [0, 0, '711']);
  assert.deepEqual(await seen(folders.consoleLog), [user, user, '600']);
  assert.deepEqual(await seen(`${folders.run}/sockets`), [user, groupId, '2770']);
  assert.deepEqual(await seen(folders.qmp), [user, groupId, '770']);
});

test('SC19 a running VM has no port of the network open', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const pid = await stage.up(await stage.launch());
  const names = await readdir(`/proc/${pid}/fd`);
  const open = (await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))).filter((target) =>
    target.startsWith('socket:'),
  );
  assert.ok(open.length >= 3, 'QMP, VNC and serial console');
  const tables = await Promise.all(['tcp', 'tcp6', 'udp', 'udp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')));
  const inodes = new Set(tables.flatMap((table) => table.split('\n').map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`)));
  assert.deepEqual(
    open.filter((socket) => inodes.has(socket)),
    [],
  );
});

test('CR6 a second start of a running VM does nothing', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  const start = () => stage.driver.start(withLaunch(vm, 'slice/vm'));
  await Promise.all([start(), start()]);
  assert.equal((await stage.observed(vm.id))?.pid, pid);
});

test('CR6 two starts at once make one process', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  await driver.prepare(withLaunch(vm, 'slice/vm'));
  await Promise.all([1, 2, 3].map(() => driver.start(withLaunch(vm, 'slice/vm'))));
  assert.equal((await processesOf(vm.id)).length, 1);
});

test('CR6 preparing twice changes nothing; a changed launch keeps the disk and may enlarge it', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { layout, driver } = stage;
  const vm = await stage.launch();
  const { disk, seed, state } = vmFolders(layout, vm.id);
  await driver.prepare(withLaunch(vm, 'slice/vm'));
  const first = await stat(disk);
  await writeFile(`${disk}.new`, 'left by a controller that was killed');
  await driver.prepare(withLaunch(vm, 'slice/vm'));
  assert.deepEqual([(await stat(disk)).ino, (await stat(disk)).mtimeMs], [first.ino, first.mtimeMs]);
  assert.deepEqual(await readFile(seed), seedBytes);

  const changed = { ...vm, disk: 8 * mebibyte, boot: 1 };
  await driver.prepare(withLaunch(changed, 'slice/vm'));
  assert.equal((await stat(disk)).ino, first.ino);
  assert.equal(await virtualSize(disk), 8 * mebibyte);
  assert.equal((await stage.observed(vm.id))?.launchHash, planHash(changed));
  await driver.prepare(withLaunch({ ...changed, disk: 4 * mebibyte }, 'slice/vm'));
  assert.equal(await virtualSize(disk), 8 * mebibyte);

  await rm(`${state}/launch.json`);
  assert.equal((await stage.observed(vm.id))?.state, 'preparing');
  await assert.rejects(driver.start(withLaunch(vm, 'slice/vm')), { code: 'vm.launch', message: /not complete/ });
});

test('CR6 a running VM keeps the hash that it was started from', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  await stage.up(vm);
  await stage.driver.prepare(withLaunch({ ...vm, boot: 1 }, 'slice/vm'));
  assert.equal((await stage.observed(vm.id))?.launchHash, planHash(vm));
});

test("CR6 a start that fails says so in QEMU's words and leaves nothing running", { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const port = anyPort({ nicId: 'nicnicnicnicnic2' });
  const vm = await stage.launch();
  const broken = { ...vm, ports: [{ ...port, vmId: vm.id }] };
  await driver.prepare(withLaunch(broken, 'slice/vm'));
  await assert.rejects(driver.start(withLaunch(broken, 'slice/vm')), {
    code: 'vm.launch',
    message: /slice\/vm could not be started on here: .*could not configure \/dev\/net\/tun/s,
  });
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');
  await stage.up(vm);
});

test('CR6 destroy removes a running VM with all that it had; twice is as good as once', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  const supervisor = Number((await processStatus(pid)).PPid);
  const { state, run } = vmFolders(stage.layout, vm.id);
  await stage.driver.destroy(referenceTo(vm.id));
  await untilTrue(async () => !alive(supervisor));
  assert.ok(!alive(pid));
  for (const folder of [state, run]) await assert.rejects(stat(folder), { code: 'ENOENT' });
  assert.equal(await stage.observed(vm.id), null);
  await stage.driver.destroy(referenceTo(vm.id));
});

test('CR6 the console carries bytes both ways, and the log keeps them over a restart', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  await stage.up(vm);
  const log = () => driver.consoleLog(referenceTo(vm.id), 10_000);
  await untilTrue(async () => (await log()).includes(bootBanner));
  const console = await driver.console(referenceTo(vm.id));
  try {
    console.write('x');
    const [answer] = await once(console, 'data');
    assert.equal(String(answer), 'x');
  } finally {
    console.destroy();
  }
  await driver.stop(referenceTo(vm.id), patient);
  await stage.up(vm);
  await untilTrue(async () => (await log()).split(bootBanner).length === 3);
});

test('CR15 a VM outlives the connection that started it', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  await stage.host.close();
  assert.equal((await stage.observed(vm.id))?.pid, pid);
});

test('CR6 a full disk is named as such and leaves no half disk', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { host, layout, driver } = stage;
  const vm = await stage.launch();
  const { state, disk } = vmFolders(layout, vm.id);
  await mkdir(state, { recursive: true });
  const [mounted] = await host.batch([{ argv: ['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=710', 'none', state] }]);
  assert.equal(mounted?.code, 0);
  try {
    await assert.rejects(driver.prepare(withLaunch(vm, 'slice/vm')), { code: 'disk.full', message: /No space left on device/ });
    await assert.rejects(stat(disk), { code: 'ENOENT' });
    await assert.rejects(stat(`${disk}.new`), { code: 'ENOENT' });
  } finally {
    await host.batch([{ argv: ['umount', state] }]);
  }
});

test('CR17 folders of other names are neither seen nor touched', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { layout, driver, host } = stage;
  for (const name of ['lost+found', 'vm1', '$(reboot)', 'a b', '..hidden']) await mkdir(`${layout.stateFolder}/vms/${name}`);
  assert.deepEqual(await perform(host, driver.observe()), [[]]);
});

test('CR17 a guest that floods its console does not fill the memory of its node', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const vm = await stage.launch();
  await stage.up(vm);
  const { consoleLog } = vmFolders(stage.layout, vm.id);
  await untilTrue(async () => (await stat(consoleLog)).size > 0);
  await truncate(consoleLog, 5 * mebibyte);
  await stage.observed(vm.id);
  assert.ok((await stat(consoleLog)).size < mebibyte);
});

test('CR17 purge removes all of this controller, the folders made for it too, and nothing else', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const pid = await stage.up(await stage.launch());
  const foreign = `${stage.folder}/state/another-controller`;
  await mkdir(foreign);
  await driver.purge();
  assert.ok(!alive(pid));
  await assert.rejects(stat(`${stage.folder}/run`), { code: 'ENOENT' });
  assert.deepEqual(await readdir(`${stage.folder}/state`), ['another-controller']);
  await driver.purge();
  assert.deepEqual(await readdir(stage.folder), ['state']);
});

test('CR2 a node whose folders the users of VMs cannot pass is unfit', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  await chmod(stage.folder, 0o700);
  await assert.rejects(stage.driver.prepareNode(), {
    code: 'node.unfit',
    hint: `Run on here: chmod o+x ${stage.folder}`,
  });
});
