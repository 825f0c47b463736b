/** The contract's part about snapshots and sizes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perform } from '../../src/host/host.ts';
import { planHash, type VmLaunch } from '../../src/model/node/plan.ts';
import type { Capability } from '../../src/model/vm/capability.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { borrow, type HypervisorStage, lacks, observed, prepare, shortTimes, start, stateOf, up } from './hypervisor-stage.ts';

const mebibyte = 2 ** 20;

export function snapshotsContract(current: () => HypervisorStage): void {
  const names = async ({ driver, host }: HypervisorStage, vm: VmLaunch): Promise<string[]> => {
    const [found] = await perform(host, driver.snapshots(referenceTo(vm.id)));
    return found.map(({ name }) => name);
  };

  test('SC11 a VM is put back to its snapshots, as often as wanted; a name is taken once, and what is not there is said', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    if (await lacks(stage, 'snapshot', () => driver.snapshot(withLaunch(vm), 'one', false))) return;
    assert.deepEqual(await names(stage, vm), []);
    await stage.write(vm, 1);
    await driver.snapshot(withLaunch(vm), 'one', false);
    await assert.rejects(driver.snapshot(withLaunch(vm), 'one', false), { code: 'conflict.exists' });
    await stage.write(vm, 2);
    await driver.snapshot(withLaunch(vm), 'two', false);
    await stage.write(vm, 3);
    assert.deepEqual(await names(stage, vm), ['one', 'two']);
    for (const [name, value] of [
      ['one', 1],
      ['two', 2],
      ['one', 1],
    ] as const) {
      await driver.revert(withLaunch(vm), name);
      assert.equal(await stage.read(vm), value);
    }
    await assert.rejects(driver.revert(withLaunch(vm), 'three'), { code: 'not-found' });
    await driver.removeSnapshot(withLaunch(vm), 'one');
    await driver.removeSnapshot(withLaunch(vm), 'one');
    assert.deepEqual(await names(stage, vm), ['two']);
    await driver.revert(withLaunch(vm), 'two');
    assert.equal(await stage.read(vm), 2);
    await start(stage, vm);
    assert.equal(await stateOf(stage, vm.id), 'running');
  });

  test('SC11 a VM that runs keeps running when a snapshot of its disks is taken, and is stopped when it is restored', async () => {
    const stage = current();
    const { driver } = stage;
    if (!driver.can.has('snapshot')) return;
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    await stage.write(vm, 1);
    await start(stage, vm);
    await driver.snapshot(withLaunch(vm), 'live', false);
    assert.equal(await stateOf(stage, vm.id), 'running');
    await driver.stop(referenceTo(vm.id), shortTimes);
    await stage.write(vm, 2);
    await start(stage, vm);
    await driver.revert(withLaunch(vm), 'live');
    assert.equal(await stateOf(stage, vm.id), 'stopped');
    assert.equal(await stage.read(vm), 1);
  });

  test('SC11 a snapshot is taken and removed of a VM that is to have more or less than it has', async () => {
    const stage = current();
    const { driver } = stage;
    if (!driver.can.has('snapshot')) return;
    await using lent = await borrow(stage, { device: true });
    const plain = { ...lent.vm, ports: [], volumes: [] };
    const wide = { ...plain, volumes: lent.vm.volumes };
    for (const [has, isToHave] of [
      [plain, wide],
      [wide, plain],
    ] as const) {
      await prepare(stage, has);
      await driver.snapshot(withLaunch(isToHave), 'stopped', false);
      await start(stage, has);
      await driver.snapshot(withLaunch(isToHave), 'live', false);
      if (driver.can.has('memory-snapshot')) await driver.snapshot(withLaunch(isToHave), 'memory', true);
      assert.equal(await stateOf(stage, has.id), 'running');
      assert.deepEqual(await names(stage, has), ['stopped', 'live', ...(driver.can.has('memory-snapshot') ? ['memory'] : [])]);
      for (const name of await names(stage, has)) await driver.removeSnapshot(withLaunch(isToHave), name);
      assert.deepEqual(await names(stage, has), []);
      await driver.stop(referenceTo(has.id), shortTimes);
    }
  });

  test('SC11 a snapshot with memory needs a VM that runs, and putting it back makes it run', async () => {
    const stage = current();
    const { driver, host } = stage;
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    if (await lacks(stage, 'memory-snapshot', () => driver.snapshot(withLaunch(vm), 'm', true))) return;
    await assert.rejects(driver.snapshot(withLaunch(vm), 'm', true), { code: 'vm.not-running' });
    await start(stage, vm);
    await driver.snapshot(withLaunch(vm), 'm', true);
    assert.equal(await stateOf(stage, vm.id), 'running');
    await driver.stop(referenceTo(vm.id), shortTimes);
    await driver.revert(withLaunch(vm), 'm');
    assert.equal(await stateOf(stage, vm.id), 'running');
    const [found] = await perform(host, driver.snapshots(referenceTo(vm.id)));
    assert.deepEqual(
      found.map(({ name, memory }) => ({ name, memory })),
      [{ name: 'm', memory: true }],
    );
  });

  test('SC11 memory comes back only to a VM with the parts that it had; another is refused beforehand and runs on as it is', async () => {
    const stage = current();
    const { driver } = stage;
    if (!driver.can.has('memory-snapshot')) return;
    await using lent = await borrow(stage, { device: true });
    const { vm } = lent;
    const [narrow, wide] = [
      { ...vm, volumes: [] },
      { ...vm, cpus: vm.cpus + 1 },
    ];
    await up(stage, narrow);
    await driver.snapshot(withLaunch(narrow), 'm', true);
    await driver.revert(withLaunch(wide), 'm');
    assert.equal((await observed(stage, vm.id))?.launchHash, planHash(narrow), 'what waits for its next start waits still');

    await driver.stop(referenceTo(vm.id), shortTimes);
    const words = /CPUs 1, now 2; without volume data, now with it/;
    await assert.rejects(driver.revert(withLaunch(wide), 'm'), { code: 'conflict.changed', message: words });
    await up(stage, wide);
    const before = await observed(stage, vm.id);
    await assert.rejects(driver.revert(withLaunch(wide), 'm'), { code: 'conflict.changed', message: words });
    assert.deepEqual(await observed(stage, vm.id), before);

    await driver.revert(withLaunch(narrow), 'm');
    const after = await observed(stage, vm.id);
    assert.deepEqual([after?.state, after?.launchHash], ['running', planHash(narrow)]);
  });

  test('SC11 memory comes back also to a VM that was stopped since, with what had come to it while it ran', async () => {
    const stage = current();
    const { driver } = stage;
    if (!['memory-snapshot', 'hotplug-nic', 'hotplug-volume'].every((one) => driver.can.has(one as Capability))) return;
    await using lent = await borrow(stage, { device: true });
    const { vm } = lent;
    await up(stage, { ...vm, ports: [], volumes: [] });
    await driver.attachVolume(withLaunch(vm), vm.volumes[0]?.id ?? '');
    await driver.attachNic(withLaunch(vm), vm.ports[0]?.nicId ?? '');
    const grown = driver.can.has('live-size') ? { ...vm, cpus: vm.cpus + 1 } : vm;
    assert.deepEqual(await driver.resize(withLaunch(grown)), { atNextStart: [] });
    await driver.snapshot(withLaunch(grown), 'm', true);
    for (const _ of [1, 2]) {
      await driver.kill(referenceTo(vm.id));
      await driver.revert(withLaunch(grown), 'm');
      const seen = await observed(stage, vm.id);
      assert.deepEqual([seen?.state, seen?.launchHash], ['running', planHash(grown)]);
    }
    await driver.detachVolume(referenceTo(vm.id), vm.volumes[0]?.id ?? '');
  });

  test('SC11 a disk that grew stays as large when its VM is put back to when it was smaller', async () => {
    const stage = current();
    const { driver } = stage;
    if (!driver.can.has('snapshot')) return;
    await using lent = await borrow(stage);
    const [small, large] = [64, 96].map((size) => ({ ...lent.vm, disk: size * mebibyte })) as [VmLaunch, VmLaunch];
    await up(stage, small);
    await driver.snapshot(withLaunch(small), 'disks', false);
    const memory = driver.can.has('memory-snapshot');
    if (memory) await driver.snapshot(withLaunch(small), 'memory', true);
    if (!driver.can.has('live-disk')) await driver.stop(referenceTo(small.id), shortTimes);
    await driver.resize(withLaunch(large));
    for (const name of memory ? ['memory', 'disks', 'memory'] : ['disks']) {
      await driver.revert(withLaunch(large), name);
      await assert.rejects(driver.resize(withLaunch(small)), { code: 'input.invalid' }, name);
    }
  });

  test('SC11 a disk grows, and never becomes smaller than it is', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    const small = { ...lent.vm, disk: 64 * mebibyte };
    const large = { ...lent.vm, disk: 96 * mebibyte };
    await prepare(stage, small);
    assert.deepEqual(await driver.resize(withLaunch(large)), { atNextStart: [] });
    assert.deepEqual(await driver.resize(withLaunch(large)), { atNextStart: [] });
    await assert.rejects(driver.resize(withLaunch(small)), { code: 'input.invalid' });
    await prepare(stage, large);
    await start(stage, large);
    assert.equal(await stateOf(stage, large.id), 'running');
  });

  test('SC11 what cannot be changed while a VM runs waits for its next start, and that is said', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    const before = { ...lent.vm, disk: 64 * mebibyte };
    await up(stage, before);
    const after = { ...before, cpus: before.cpus + 1, disk: 96 * mebibyte };
    const { atNextStart } = await driver.resize(withLaunch(after));
    assert.equal(atNextStart.includes('disk'), !driver.can.has('live-disk'));
    assert.ok(!atNextStart.includes('memory'));
    assert.equal(await stateOf(stage, before.id), 'running');
  });

  test('SC11 sizes come to a VM also while it is to have other devices than it has', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage, { device: true });
    const before = { ...lent.vm, ports: [], volumes: [], disk: 64 * mebibyte };
    await up(stage, before);
    const after = { ...lent.vm, disk: 96 * mebibyte };
    const { atNextStart } = await driver.resize(withLaunch(after));
    assert.equal(atNextStart.includes('disk'), !driver.can.has('live-disk'));
    if (driver.can.has('live-disk'))
      assert.equal((await observed(stage, before.id))?.launchHash, planHash({ ...before, disk: after.disk }));
  });
}
