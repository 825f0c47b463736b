/** The QEMU driver beyond the contract: QEMUs that are silent or killed, broken disks, guests that change by themselves. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { DriverEvent } from '../../src/drivers/hypervisor/driver.ts';
import { vmFolders } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { type Host, perform } from '../../src/host/host.ts';
import { CroftError } from '../../src/model/error.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import { planHash, type VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { QmpSession } from '../../src/tools/qmp.ts';
import { sealFile } from '../contract/hypervisor-stage.ts';
import { until, untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootBanner } from './boot-image.ts';
import { openGuestNetwork } from './guest-network.ts';
import { alive, openStage, processStatus, type Stage, tcgAbilities, virtualSize } from './qemu-stage.ts';

const hasty = { powerdown: 500, terminate: 500 };
const volume = () => ({ id: newIdentifier(), name: 'data', image: null, size: mebibyte });

const snapshots = async ({ driver, host }: Stage, vm: VmLaunch) => {
  const [found] = await perform(host, driver.snapshots(referenceTo(vm.id)));
  return found.map(({ name, memory }) => [name, memory]);
};

/** Past the driver. */
async function control(stage: Stage, vmId: string, command: string, parameters = {}): Promise<unknown> {
  const session = await QmpSession.open(connect(vmFolders(stage.layout, vmId).qmp));
  const answer = await session.execute(command, parameters);
  session.close();
  await session.closed;
  return answer;
}

test('SC11 a QEMU that is silent times out with words, and can be killed', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver, host, layout } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  process.kill(pid, 'SIGSTOP');
  await assert.rejects(driver.pause(referenceTo(vm.id)), { code: 'command.timeout', message: /did not answer/, node: 'here' });
  await assert.rejects(driver.snapshot(withLaunch(vm), 'one', false), { code: 'command.timeout' });
  // One that takes no further session is no VM that does not run.
  const { qmp } = vmFolders(layout, vm.id);
  const open = () => host.connect(qmp).catch(() => null);
  const sessions = [];
  for (let session = await open(); session !== null && sessions.length < 100; session = await open()) sessions.push(session);
  await assert.rejects(driver.pause(referenceTo(vm.id)), {
    code: 'command.timeout',
    message: /runs, but nothing answers/,
    hint: /stopping/,
  });
  for (const session of sessions) session.destroy();
  assert.equal(await driver.guest(referenceTo(vm.id)), null);
  assert.equal((await stage.observed(vm.id))?.state, 'running');
  assert.equal(await driver.kill(referenceTo(vm.id)), true);
  assert.ok(!alive(pid));

  const again = await stage.up(vm);
  process.kill(again, 'SIGSTOP');
  assert.equal(await driver.stop(referenceTo(vm.id), hasty), 'killed');
});

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

test('SC11 memory comes back with its snapshot, whether the VM runs or not', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  /** The BIOS counts them in its guest's memory, 18 a second. */
  const ticks = async () => {
    const words = await control(stage, vm.id, 'human-monitor-command', { 'command-line': 'xp /1dw 0x46c' });
    return Number(String(words).split(':')[1]);
  };
  await stage.shows(vm.id, bootBanner);
  await driver.pause(referenceTo(vm.id));
  const then = await ticks();
  await driver.snapshot(withLaunch(vm), 'm', true);
  assert.equal((await stage.observed(vm.id))?.state, 'paused', 'it is as it was before');
  await driver.resume(referenceTo(vm.id));
  const later = then + 150;
  await untilTrue(async () => (await ticks()) > later, 100);
  await driver.revert(withLaunch(vm), 'm');
  assert.deepEqual(((seen) => [seen?.state, seen?.pid])(await stage.observed(vm.id)), ['running', pid]);
  const back = await ticks();
  assert.ok(back >= then && back < later, `${then}, ${later}, ${back}`);
  await driver.kill(referenceTo(vm.id));
  await driver.revert(withLaunch(vm), 'm');
  const seen = await stage.observed(vm.id);
  assert.deepEqual([seen?.state, seen?.launchHash], ['running', planHash(vm)]);
  assert.ok((await ticks()) >= then);
});

test('SC11 memory that its node cannot resume is refused, and no half restored VM runs', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch();
  const kept = `${vmFolders(layout, vm.id).state}/machine.croft-m`;
  const revert = () => driver.revert(withLaunch(vm), 'm');
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'm', true);
  await driver.kill(referenceTo(vm.id));
  const { version, value } = JSON.parse(await readFile(kept, 'utf8'));
  const become = (changes: object) =>
    writeFile(kept, JSON.stringify({ version, value: { ...value, machine: { ...value.machine, ...changes } } }));
  await become({ qemu: '5.2', accelerator: 'kvm' });
  await assert.rejects(revert(), { code: 'conflict.changed', message: /QEMU 5\.2, now \d+\.\d+; accelerator kvm, now tcg/ });
  await become({ memory: 2 * vm.memory });
  await assert.rejects(revert(), { code: 'conflict.changed', message: /memory 64MiB when it was started, now 32MiB/ });
  await writeFile(kept, 'broken');
  await assert.rejects(revert(), { code: 'command.failed', message: /taken of cannot be read/ });
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');

  await become({ places: { ...value.machine.places, random: 20 } });
  await assert.rejects(revert(), { code: 'command.failed', message: /QEMU refused/ });
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');
  await stage.up(vm);
  await driver.removeSnapshot(withLaunch(vm), 'm');
  await assert.rejects(stat(kept), { code: 'ENOENT' });
});

test('SC11 a VM that is half put back is not started, moves as such, and is whole before it runs on the other node', {
  timeout: 120_000,
}, async () => {
  await using stage = await openStage();
  await using other = await openStage();
  const { driver, layout } = stage;
  const vm = { ...(await stage.launch()), volumes: [volume()] };
  await other.launch();
  await driver.prepare(withLaunch(vm, 's/a'));
  await driver.snapshot(withLaunch(vm), 'one', false);
  {
    await using _ = await sealFile(vmFolders(layout, vm.id).disk);
    await assert.rejects(driver.revert(withLaunch(vm), 'one'), { code: 'command.failed', node: 'here' });
  }
  await assert.rejects(driver.start(withLaunch(vm, 's/a')), {
    code: 'vm.launch',
    message: /half put back to its snapshot one/,
  });
  const options = { exitCode: null, signal: new AbortController().signal, onProgress: () => undefined };
  await driver.transfer(withLaunch(vm, 's/a'), other, options);
  const mark = `${vmFolders(other.layout, vm.id).state}/reverting`;
  assert.equal((await stat(mark)).uid, 0);
  await assert.rejects(other.driver.start(withLaunch(vm, 's/a')), { message: /half put back/ });
  await other.up(vm);
  await assert.rejects(stat(mark), { code: 'ENOENT' });
});

test('SC11 a QEMU that was cut off while it loaded memory is seen, ended without a word to its guest, and started whole', {
  timeout: 120_000,
}, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch();
  const mark = `${vmFolders(layout, vm.id).state}/reverting`;
  const pid = await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'm', true);
  await control(stage, vm.id, 'stop');
  await writeFile(mark, 'croft-m\n');
  assert.equal((await stage.observed(vm.id))?.cutOff, true);
  assert.notEqual(await driver.stop(referenceTo(vm.id), { powerdown: 60_000, terminate: 500 }), 'not-running');
  assert.ok(!alive(pid));
  await stage.up(vm);
  await assert.rejects(stat(mark), { code: 'ENOENT' });
});

test('SC11 a VM that was started to get its memory, and was interrupted before, is seen to be paused and resumes', {
  timeout: 60_000,
}, async () => {
  await using stage = await openStage();
  const { driver, host, layout } = stage;
  const vm = await stage.launch();
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'm', true);
  await driver.kill(referenceTo(vm.id));
  let lost = false;
  const way = <T>(work: () => Promise<T>): Promise<T> =>
    lost ? Promise.reject(new CroftError('node.unreachable', 'the way is lost', { node: 'here' })) : work();
  const cut: Host = {
    ...{ name: host.name, close: () => host.close(), end: () => host.end() },
    ...{ login: () => way(() => host.login()), spawn: (command) => way(() => host.spawn(command)) },
    connect: (path) => way(() => host.connect(path)),
    batch: (commands) =>
      way(async () => {
        const results = await host.batch(commands);
        lost = commands.some(({ argv }) => argv[3] === 'croft-start');
        return results;
      }),
  };
  await assert.rejects(stage.hypervisor.on({ host: cut, layout, abilities: tcgAbilities }).revert(withLaunch(vm), 'm'), {
    code: 'node.unreachable',
  });
  const seen = await stage.observed(vm.id);
  assert.deepEqual([seen?.state, seen?.cutOff], ['paused', undefined]);
  await driver.resume(referenceTo(vm.id));
  assert.equal((await stage.observed(vm.id))?.state, 'running');
  assert.equal(((await control(stage, vm.id, 'query-status')) as { status: string }).status, 'running');
});

test('CR7 a stop that was cut off is seen as long as its VM runs, also paused, and is gone with the next start', {
  timeout: 60_000,
}, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch('deaf');
  const seen = async () => ((one) => [one?.state, one?.cutOff])(await stage.observed(vm.id));
  await stage.up(vm);
  await writeFile(`${vmFolders(layout, vm.id).run}/stopping`, '');
  assert.deepEqual(await seen(), ['running', true]);
  await driver.pause(referenceTo(vm.id));
  assert.deepEqual(await seen(), ['paused', true]);
  await driver.stop(referenceTo(vm.id), hasty);
  assert.deepEqual(await seen(), ['stopped', undefined]);
  const pid = await stage.up(vm);
  assert.deepEqual(await seen(), ['running', undefined]);
  process.kill(pid, 'SIGKILL');
  await untilTrue(async () => (await stage.observed(vm.id))?.exitCode === 137);
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

test('SC11 what came and went while it ran, and what grew, is what the VM is known to run from', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  await using network = await openGuestNetwork(stage.host);
  const { layout } = stage;
  const { host } = network;
  const driver = stage.hypervisor.on({ host, layout, abilities: tcgAbilities });
  const plain = await stage.launch('obedient', { disk: 4 * mebibyte });
  const ports = [newIdentifier(), newIdentifier()].map((nicId) => ({ ...network.port(nicId), vmId: plain.id }));
  for (const port of ports) await network.addTap(plain.id, port);
  const vm = { ...plain, ports, volumes: [volume(), { ...volume(), name: 'more' }], disk: 8 * mebibyte };
  const [first, second] = vm.volumes.map(({ id }) => id) as [string, string];
  const pid = await stage.up({ ...vm, ports: ports.slice(0, 1), volumes: vm.volumes.slice(1), disk: plain.disk }, host);
  const hash = async () => (await stage.observed(vm.id))?.launchHash;

  await driver.attachNic(withLaunch(vm), ports[1]?.nicId ?? '');
  await driver.attachVolume(withLaunch(vm), first);
  assert.deepEqual(await driver.resize(withLaunch(vm)), { atNextStart: [] });
  assert.equal(await hash(), planHash(vm));
  assert.equal(await virtualSize(vmFolders(layout, vm.id).disk), 8 * mebibyte);
  await driver.prepare(withLaunch(vm, 's/a'));
  assert.equal(await hash(), planHash(vm));

  await driver.detachNic(referenceTo(vm.id), ports[0]?.nicId ?? '');
  await driver.detachVolume(referenceTo(vm.id), second);
  const less = { ...vm, ports: ports.slice(1), volumes: vm.volumes.slice(0, 1) };
  assert.equal(await hash(), planHash(less));
  assert.equal((await stage.observed(vm.id))?.pid, pid);
  process.kill(pid, 'SIGKILL');
  await untilTrue(async () => (await stage.observed(vm.id))?.exitCode === 137);
});

test('SC11 a VM has its share of the processors where the node has such groups, and they go with it', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver, layout } = stage;
  const vm = await stage.launch('obedient', { cpus: 2 });
  const pid = await stage.up(vm);
  const place = `croft-${layout.controllerId}/${vm.id}`;
  const own = await readFile('/proc/self/cgroup', 'utf8');
  const old = /^\d+:(.*,)?cpu(,.*)?:\/$/m.test(own);
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
  if (old) {
    assert.match(groups, new RegExp(`^\\d+:(.*,)?cpu(,.*)?:/${place}$`, 'm'));
    const shares = async () => (await readFile(`/sys/fs/cgroup/cpu/${place}/cpu.shares`, 'utf8')).trim();
    assert.equal(await shares(), '2048');
    assert.deepEqual(await driver.resize(withLaunch({ ...vm, cpus: 3 })), { atNextStart: [] });
    assert.equal(await shares(), '3072');
  }
  process.kill(Number((await processStatus(pid)).PPid), 'SIGKILL');
  await driver.destroy(referenceTo(vm.id));
  for (const kind of ['', 'memory/', 'cpu/']) await assert.rejects(stat(`/sys/fs/cgroup/${kind}${place}`), { code: 'ENOENT' });
});

test('SC11 CPUs come to a VM that runs, and what its guest does not give or has no place for waits', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  const cpus = async () => ((await control(stage, vm.id, 'query-cpus-fast')) as unknown[]).length;
  const sizes = (count: number, memory: number) => driver.resize(withLaunch({ ...vm, cpus: count, memory: memory * mebibyte }));
  assert.deepEqual(await sizes(2, 64), { atNextStart: ['memory'] });
  assert.equal(await cpus(), 2);
  assert.deepEqual(await sizes(2, 16), { atNextStart: ['memory'] });
  assert.deepEqual(await sizes(1, 32), { atNextStart: ['cpus'] });
  assert.deepEqual(await sizes(9, 32), { atNextStart: ['cpus'] });
  assert.equal(await cpus(), 8, 'as many as it has places for');
  const seen = await stage.observed(vm.id);
  assert.deepEqual([seen?.state, seen?.pid, seen?.launchHash], ['running', pid, planHash({ ...vm, cpus: 8 })]);
});

test('SC11 a guest that does not let go of a device is said', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = { ...(await stage.launch('deaf')), volumes: [volume()] };
  await stage.up(vm);
  const id = vm.volumes[0]?.id ?? '';
  await assert.rejects(driver.detachVolume(referenceTo(vm.id), id), { code: 'command.timeout', message: /did not release/ });
  assert.equal((await stage.observed(vm.id))?.launchHash, planHash(vm));
});

test('SC11 a guest without an agent is asked to restart itself by Ctrl-Alt-Del', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const vm = await stage.launch();
  const pid = await stage.up(vm);
  const banners = async () => (await driver.consoleLog(referenceTo(vm.id), 10_000)).split(bootBanner).length - 1;
  await stage.shows(vm.id, bootBanner);
  await driver.reboot(referenceTo(vm.id), true);
  await untilTrue(async () => (await banners()) === 2);
  assert.equal((await stage.observed(vm.id))?.pid, pid);
});

test('SC11 what a VM does by itself is heard at once, and its state is seen so', { timeout: 120_000 }, async () => {
  await using stage = await openStage();
  const { driver } = stage;
  const heard: DriverEvent[] = [];
  const hears = (kind: DriverEvent['kind'], vmId: string) =>
    until(`${kind} is heard`, async () => heard.find((event) => event.kind === kind && event.vmId === vmId));
  const early = await stage.launch();
  await stage.up(early);
  const watch = driver.watch((event) => heard.push(event));
  try {
    const late = await stage.launch();
    const pid = await stage.up(late);
    await hears('started', late.id);
    await control(stage, late.id, 'stop');
    await hears('paused', late.id);
    await stage.shows(early.id, bootBanner);
    assert.equal((await stage.observed(early.id))?.state, 'running', 'seen, and so heard from now on');
    await control(stage, early.id, 'stop');
    await hears('paused', early.id);
    assert.equal((await stage.observed(early.id))?.state, 'paused', 'somebody else paused it');
    await control(stage, early.id, 'cont');
    await hears('resumed', early.id);
    assert.equal((await stage.observed(early.id))?.state, 'running');
    await control(stage, early.id, 'system_reset');
    await hears('rebooted', early.id);
    process.kill(pid, 'SIGKILL');
    await hears('crashed', late.id);
    assert.deepEqual(((seen) => [seen?.state, seen?.exitCode])(await stage.observed(late.id)), ['failed', 137]);
    await untilTrue(async () => (await driver.consoleLog(referenceTo(early.id), 10_000)).split(bootBanner).length > 2);
    await control(stage, early.id, 'system_powerdown');
    await hears('stopped', early.id);
    assert.deepEqual(((seen) => [seen?.state, seen?.exitCode])(await stage.observed(early.id)), ['stopped', 0]);
  } finally {
    await watch[Symbol.asyncDispose]();
  }
});
