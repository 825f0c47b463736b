/** What goes wrong around libvirt: its daemon, foreign domains, its network, broken disks, guests that do not listen. */
import assert from 'node:assert/strict';
import { access, rm, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { createLibvirtDriver } from '../../src/drivers/hypervisor/libvirt/libvirt.ts';
import { vmFolders, vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { perform } from '../../src/host/host.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { bootBanner } from './boot-image.ts';
import { type LibvirtStage, libvirtAbilities, libvirtParts, openLibvirtStage } from './libvirt-stage.ts';
import { canGroup, startGroupedLibvirtHost } from './private-libvirt.ts';

const hasty = { powerdown: 300, terminate: 5_000 };
const start = ({ driver }: LibvirtStage, vm: VmLaunch) => driver.start(withLaunch(vm, 's/a'));

test('CR7 a libvirt that is stopped or hangs is said, its VMs run on, and they are seen again after it', { timeout: 180_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { node, driver, host } = stage;
  const vm = await stage.launch();
  await stage.up(vm);
  const { pid } = (await stage.observed(vm.id)) ?? {};

  await node.signal('STOP');
  await assert.rejects(perform(host, driver.observe()), { code: 'command.timeout', message: /libvirt/ });
  await assert.rejects(driver.stop(referenceTo(vm.id), hasty), { code: 'command.timeout' });
  await node.signal('CONT');
  await untilTrue(async () => (await stage.observed(vm.id)) !== null);
  await start(stage, vm);

  await node.signal('KILL');
  await assert.rejects(perform(host, driver.observe()), { code: 'node.unfit', message: /cannot be reached.*connect/ });
  await assert.rejects(driver.pause(referenceTo(vm.id)), { code: 'node.unfit' });
  const [probe] = await perform(host, driver.probe());
  assert.equal(probe.usable, false);
  await node.restart();
  await untilTrue(async () => (await stage.observed(vm.id))?.state === 'running');
  assert.equal((await stage.observed(vm.id))?.pid, pid);
});

test('CR7 a stop that was cut off is seen, and once it was carried to its end a later end is none that was wanted', {
  timeout: 240_000,
}, async () => {
  await using stage = await openLibvirtStage();
  const { node, driver, layout } = stage;
  const vm = await stage.launch('deaf');
  const seen = async () => {
    const { state, cutOff } = (await stage.observed(vm.id)) ?? {};
    return [state, cutOff];
  };
  const crashes = async (): Promise<void> => {
    const { pid } = (await stage.observed(vm.id)) ?? {};
    await node.sh('kill -9 "$1"', String(pid));
    await untilTrue(async () => (await stage.observed(vm.id))?.state === 'failed', 100);
  };
  const stopping = (): Promise<void> =>
    assert.rejects(driver.stop(referenceTo(vm.id), { powerdown: 60_000, terminate: 0 }), { code: 'command.timeout' });
  const isNoted = (): Promise<boolean> =>
    access(`${vmFolders(layout, vm.id).run}/stopping`).then(
      () => true,
      () => false,
    );

  // It could not even be asked for.
  await stage.up(vm);
  await node.signal('STOP');
  await stopping();
  await node.signal('CONT');
  assert.deepEqual(await seen(), ['running', undefined]);
  await crashes();

  await stage.up(vm);
  await Promise.all([stopping(), untilTrue(isNoted, 1).then(() => node.signal('STOP'))]);
  await node.signal('CONT');
  assert.deepEqual(await seen(), ['running', true]);
  assert.equal(await driver.stop(referenceTo(vm.id), { powerdown: 0, terminate: 0 }), 'killed');
  assert.deepEqual(await seen(), ['stopped', undefined]);
  await stage.up(vm);
  assert.deepEqual(await seen(), ['running', undefined]);
  await crashes();
});

test('CR7 a guest that powered off has done so, also for a libvirt that was restarted', { timeout: 120_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { node } = stage;
  const vm = await stage.launch();
  await stage.up(vm);
  await stage.shows(vm.id, bootBanner);
  await node.virsh('shutdown', vm.id, '--mode', 'acpi');
  await untilTrue(async () => (await stage.observed(vm.id))?.state === 'stopped', 100);
  assert.equal((await stage.observed(vm.id))?.exitCode, 0);
  await node.signal('KILL');
  await node.restart();
  const seen = await stage.observed(vm.id);
  assert.deepEqual([seen?.state, seen?.exitCode], ['stopped', 0]);
});

test('CR6 a VM is not started where a domain of somebody else has its name', { timeout: 60_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { node, driver } = stage;
  const vm = await stage.launch();
  const domain = `<domain type="qemu"><name>${vm.id}</name><memory>8192</memory><os><type arch="x86_64">hvm</type></os></domain>`;
  await node.sh('printf %s "$1" | virsh -q -c qemu:///system define /dev/stdin', domain);
  const before = await node.virsh('dumpxml', vm.id);
  await driver.prepare(withLaunch(vm, 's/a'));
  await assert.rejects(start(stage, vm), { code: 'vm.launch', message: /not this controller's/, hint: /virsh undefine/ });
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');
  assert.equal(await node.virsh('dumpxml', vm.id), before);
  await node.virsh('undefine', vm.id);
});

test("CR6 libvirt's own network is started where it is not, and named where it cannot be", { timeout: 120_000 }, async () => {
  await using stage = await openLibvirtStage(undefined, 'lab');
  const { node } = stage;
  const vm = await stage.launch();
  await stage.driver.prepare(withLaunch(vm, 's/a'));
  await assert.rejects(start(stage, vm), { code: 'node.unfit', message: /network lab does not start/ });
  const network = '<network><name>lab</name><bridge name="lab0"/><ip address="10.77.9.1" netmask="255.255.255.0"/></network>';
  await node.sh('printf %s "$1" | virsh -q -c qemu:///system net-define /dev/stdin', network);
  await stage.up(vm);
  assert.match(await node.virsh('domiflist', vm.id), /network +lab +virtio/);
  assert.match(await node.virsh('net-list'), /lab +active/);
  await stage.driver.destroy(referenceTo(vm.id));
  await node.virsh('net-destroy', 'lab');
});

test("CR6 VMs that start side by side are all in libvirt's own network, which was off", { timeout: 120_000 }, async () => {
  await using stage = await openLibvirtStage(undefined, 'lab');
  const { node, driver } = stage;
  const network = '<network><name>lab</name><bridge name="lab0"/><ip address="10.77.9.1" netmask="255.255.255.0"/></network>';
  await node.sh('printf %s "$1" | virsh -q -c qemu:///system net-define /dev/stdin', network);
  const vms = await Promise.all(Array.from({ length: 4 }, () => stage.launch()));
  await Promise.all(vms.map((vm) => driver.prepare(withLaunch(vm, 's/a'))));
  await Promise.all(vms.map((vm) => start(stage, vm)));
  for (const { id } of vms) assert.match(await node.virsh('domiflist', id), /network +lab +virtio/);
  await Promise.all(vms.map(({ id }) => driver.destroy(referenceTo(id))));
  await node.virsh('net-destroy', 'lab');
});

test('CR6 a disk whose image is gone is reported by its name, and the VM starts once it is there', { timeout: 60_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { driver, layout } = stage;
  const vm = await stage.launch();
  await driver.prepare(withLaunch(vm, 's/a'));
  await rm(`${layout.stateFolder}/images/${vm.image.sha256}.raw`);
  await assert.rejects(start(stage, vm), { code: 'vm.launch', message: new RegExp(vm.image.sha256) });
  assert.equal((await stage.observed(vm.id))?.state, 'stopped');
  await stage.launch();
  await stage.up(vm);
});

test('CR7 a guest that ignores the power button is terminated, and nothing of a destroyed VM is left', { timeout: 60_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { driver, node } = stage;
  const vm = await stage.launch('deaf');
  await stage.up(vm);
  await stage.shows(vm.id, bootBanner);
  assert.equal(await driver.stop(referenceTo(vm.id), hasty), 'terminated');
  await driver.destroy(referenceTo(vm.id));
  assert.equal(await node.sh('find /etc/libvirt /var/lib/libvirt /var/log/libvirt /run/libvirt -name "*$1*"', vm.id), '');
});

test('CR7 a VM that is killed while it is snapshotted has its disk, and no such snapshot', { timeout: 120_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { driver, host, layout, node } = stage;
  const vm = await stage.launch('obedient', { memory: 512 * mebibyte });
  const { disk } = vmFolders(layout, vm.id);
  // One that was over before the kill does not count.
  for (let cut = false; !cut; ) {
    await stage.up(vm);
    await stage.shows(vm.id, bootBanner);
    const { pid } = (await stage.observed(vm.id)) ?? {};
    const { size } = await stat(disk);
    const taking = driver.snapshot(withLaunch(vm), 'one', true).then(
      () => false,
      () => true,
    );
    await untilTrue(async () => (await stat(disk)).size > size, 1);
    await node.sh('kill -9 "$1"', String(pid));
    await taking;
    const [left] = await perform(host, driver.snapshots(referenceTo(vm.id)));
    cut = left.length === 0;
    if (!cut) await driver.removeSnapshot(withLaunch(vm), 'one');
  }
  await untilTrue(async () => (await stage.observed(vm.id))?.state === 'failed');
  await driver.snapshot(withLaunch(vm), 'one', false);
  await start(stage, vm);
  await stage.shows(vm.id, bootBanner);
});

test("CR6 a VM's QEMU runs under the VM's user without privileges, and its files keep their owners", { timeout: 60_000 }, async () => {
  await using stage = await openLibvirtStage();
  const vm = await stage.launch('obedient', { firmware: 'uefi' });
  await stage.up(vm);
  const { pid } = (await stage.observed(vm.id)) ?? {};
  const user = String(vmUserId(vm.id));
  const status = await stage.node.sh('cat "/proc/$1/status"', String(pid));
  for (const line of [`Uid:\t${Array(4).fill(user).join('\t')}`, 'NoNewPrivs:\t1', 'Seccomp:\t2', 'CapEff:\t0000000000000000']) {
    assert.ok(status.includes(`${line}\n`), line);
  }
  const { disk, seed, firmwareVariables } = vmFolders(stage.layout, vm.id);
  assert.equal(
    await stage.node.sh('stat -c "%u %g %a" "$@"', disk, seed, firmwareVariables),
    `${user} ${user} 600\n0 ${user} 640\n${user} ${user} 600\n`,
  );
});

test('SC11 CPUs come to a VM that runs, and what its guest does not give waits for its next start', { timeout: 60_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { driver, node } = stage;
  const vm = await stage.launch();
  await stage.up(vm);
  const { atNextStart } = await driver.resize(withLaunch({ ...vm, cpus: 2, memory: 64 * mebibyte }));
  assert.deepEqual(atNextStart, ['memory']);
  assert.match(await node.virsh('vcpucount', vm.id), /current +live +2/);
  const less = await driver.resize(withLaunch({ ...vm, cpus: 2, memory: 16 * mebibyte }));
  assert.deepEqual(less.atNextStart, ['memory']);
  await driver.stop(referenceTo(vm.id), hasty);
});

test('SC11 a VM has its share of the processors and a limit of memory where libvirt has control groups, and that is said where it has none', {
  timeout: 120_000,
}, async (context) => {
  {
    await using stage = await openLibvirtStage();
    const [probe] = await perform(stage.host, stage.driver.probe());
    assert.deepEqual(probe.usable && probe.limits, []);
  }
  if (!(await canGroup())) return context.skip('this machine has no control groups of old that a libvirt of the test could use');
  await using stage = await openLibvirtStage(undefined, null, startGroupedLibvirtHost);
  const { driver, host, node } = stage;
  const [probe] = await perform(host, driver.probe());
  assert.deepEqual(probe.usable && probe.limits, ['memory', 'cpus']);
  const vm = await stage.launch('obedient', { cpus: 2 });
  await stage.up(vm);
  const shares = async () => /cpu_shares +: (\d+)/.exec(await node.virsh('schedinfo', vm.id))?.[1];
  assert.equal(await shares(), '2048');
  assert.match(await node.virsh('memtune', vm.id), new RegExp(`hard_limit +: ${(36 + 512) * 1024}\n`));
  assert.deepEqual(await driver.resize(withLaunch({ ...vm, cpus: 3 })), { atNextStart: [] });
  assert.equal(await shares(), '3072');
  assert.match(await node.virsh('memtune', vm.id), new RegExp(`hard_limit +: ${(36 + 512) * 1024}\n`));
});

test('SC11 a VM with UEFI is restored to a snapshot with its memory, and resumes from there', { timeout: 120_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { driver, host } = stage;
  const vm = await stage.launch('obedient', { firmware: 'uefi', memory: 64 * mebibyte });
  await stage.up(vm);
  await driver.snapshot(withLaunch(vm), 'one', true);
  await driver.kill(referenceTo(vm.id));
  await driver.revert(withLaunch(vm), 'one');
  assert.equal((await stage.observed(vm.id))?.state, 'running');
  await driver.removeSnapshot(withLaunch(vm), 'one');
  assert.deepEqual((await perform(host, driver.snapshots(referenceTo(vm.id))))[0], []);
});

test('SC11 a libvirt that is reached over the network does the same, also where the connection breaks', { timeout: 120_000 }, async () => {
  await using stage = await openLibvirtStage();
  const { node, host, layout } = stage;
  await node.signal('KILL');
  await node.sh(`printf '%s\\n' listen_tls=0 listen_tcp=1 'auth_tcp="none"' 'listen_addr="127.0.0.1"' >>/etc/libvirt/libvirtd.conf`);
  const uri = 'qemu+tcp://127.0.0.1/system';
  const listen = async () => {
    await node.sh('libvirtd -d --listen');
    await node.until('virsh -q -c "$1" list >/dev/null 2>&1', uri);
  };
  await listen();
  const driver = createLibvirtDriver({ ...libvirtParts, uri }).on({ host, layout, abilities: libvirtAbilities });
  const [probe] = await perform(host, driver.probe());
  assert.equal(probe.usable, true);
  const vm = await stage.launch();
  await driver.prepare(withLaunch(vm, 's/a'));
  await driver.start(withLaunch(vm, 's/a'));
  await stage.shows(vm.id, bootBanner);
  await driver.snapshot(withLaunch(vm), 'before', false);
  await driver.pause(referenceTo(vm.id));
  const state = async () => (await perform(host, driver.observe()))[0].find(({ id }) => id === vm.id)?.state;
  assert.equal(await state(), 'paused');
  await node.signal('KILL');
  await assert.rejects(perform(host, driver.observe()), { code: 'node.unfit', message: /127\.0\.0\.1/ });
  await listen();
  await driver.resume(referenceTo(vm.id));
  assert.equal(await state(), 'running');
  assert.equal(await driver.stop(referenceTo(vm.id), { powerdown: 20_000, terminate: 5_000 }), 'powered-down');
  await driver.destroy(referenceTo(vm.id));
  assert.equal(await state(), undefined);
});
