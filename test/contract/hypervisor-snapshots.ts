/** The contract's part about snapshots and sizes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perform } from '../../src/host/host.ts';
import type { VmLaunch } from '../../src/model/node-plan.ts';
import { borrow, type HypervisorStage, lacks, prepare, shortTimes, start, stateOf, up } from './hypervisor-stage.ts';

const mebibyte = 2 ** 20;

export function snapshotsContract(current: () => HypervisorStage): void {
  const names = async ({ driver, host, layout }: HypervisorStage, vm: VmLaunch): Promise<string[]> => {
    const [found] = await perform(host, driver.snapshots(layout, vm.id));
    return found.map(({ name }) => name);
  };

  test('SC11 a VM is put back to its snapshots, as often as wanted; a name is taken once, and what is not there is said', async () => {
    const stage = current();
    const { driver, host, layout, abilities } = stage;
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    if (await lacks(stage, 'snapshot', () => driver.snapshot(host, layout, vm, 'one', false))) return;
    assert.deepEqual(await names(stage, vm), []);
    await stage.write(vm, 1);
    await driver.snapshot(host, layout, vm, 'one', false);
    await assert.rejects(driver.snapshot(host, layout, vm, 'one', false), { code: 'conflict.exists' });
    await stage.write(vm, 2);
    await driver.snapshot(host, layout, vm, 'two', false);
    await stage.write(vm, 3);
    assert.deepEqual(await names(stage, vm), ['one', 'two']);
    for (const [name, value] of [
      ['one', 1],
      ['two', 2],
      ['one', 1],
    ] as const) {
      await driver.revert(host, layout, abilities, vm, name);
      assert.equal(await stage.read(vm), value);
    }
    await assert.rejects(driver.revert(host, layout, abilities, vm, 'three'), { code: 'not-found' });
    await driver.removeSnapshot(host, layout, vm, 'one');
    await driver.removeSnapshot(host, layout, vm, 'one');
    assert.deepEqual(await names(stage, vm), ['two']);
    await driver.revert(host, layout, abilities, vm, 'two');
    assert.equal(await stage.read(vm), 2);
    await start(stage, vm);
    assert.equal(await stateOf(stage, vm.id), 'running');
  });

  test('SC11 a VM that runs goes on when a snapshot of its disks is taken, and is stopped when it is put back', async () => {
    const stage = current();
    const { driver, host, layout, abilities } = stage;
    if (!driver.can.has('snapshot')) return;
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    await stage.write(vm, 1);
    await start(stage, vm);
    await driver.snapshot(host, layout, vm, 'live', false);
    assert.equal(await stateOf(stage, vm.id), 'running');
    await driver.stop(host, layout, vm.id, shortTimes);
    await stage.write(vm, 2);
    await start(stage, vm);
    await driver.revert(host, layout, abilities, vm, 'live');
    assert.equal(await stateOf(stage, vm.id), 'stopped');
    assert.equal(await stage.read(vm), 1);
  });

  test('SC11 a snapshot is taken and removed of a VM that is to have more or less than it has', async () => {
    const stage = current();
    const { driver, host, layout } = stage;
    if (!driver.can.has('snapshot')) return;
    await using lent = await borrow(stage, { device: true });
    const plain = { ...lent.vm, ports: [], volumes: [] };
    const wide = { ...plain, volumes: lent.vm.volumes };
    for (const [has, isToHave] of [
      [plain, wide],
      [wide, plain],
    ] as const) {
      await prepare(stage, has);
      await driver.snapshot(host, layout, isToHave, 'stopped', false);
      await start(stage, has);
      await driver.snapshot(host, layout, isToHave, 'live', false);
      if (driver.can.has('memory-snapshot')) await driver.snapshot(host, layout, isToHave, 'memory', true);
      assert.equal(await stateOf(stage, has.id), 'running');
      assert.deepEqual(await names(stage, has), ['stopped', 'live', ...(driver.can.has('memory-snapshot') ? ['memory'] : [])]);
      for (const name of await names(stage, has)) await driver.removeSnapshot(host, layout, isToHave, name);
      assert.deepEqual(await names(stage, has), []);
      await driver.stop(host, layout, has.id, shortTimes);
    }
  });

  test('SC11 a snapshot with memory needs a VM that runs, and putting it back makes it run', async () => {
    const stage = current();
    const { driver, host, layout, abilities } = stage;
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    if (await lacks(stage, 'memory-snapshot', () => driver.snapshot(host, layout, vm, 'm', true))) return;
    await assert.rejects(driver.snapshot(host, layout, vm, 'm', true), { code: 'vm.not-running' });
    await start(stage, vm);
    await driver.snapshot(host, layout, vm, 'm', true);
    assert.equal(await stateOf(stage, vm.id), 'running');
    await driver.stop(host, layout, vm.id, shortTimes);
    await driver.revert(host, layout, abilities, vm, 'm');
    assert.equal(await stateOf(stage, vm.id), 'running');
    const [found] = await perform(host, driver.snapshots(layout, vm.id));
    assert.deepEqual(
      found.map(({ name, memory }) => ({ name, memory })),
      [{ name: 'm', memory: true }],
    );
  });

  test('SC11 a disk grows, and never becomes smaller than it is', async () => {
    const stage = current();
    const { driver, host, layout } = stage;
    await using lent = await borrow(stage);
    const small = { ...lent.vm, disk: 64 * mebibyte };
    const large = { ...lent.vm, disk: 96 * mebibyte };
    await prepare(stage, small);
    assert.deepEqual(await driver.resize(host, layout, large), { atNextStart: [] });
    assert.deepEqual(await driver.resize(host, layout, large), { atNextStart: [] });
    await assert.rejects(driver.resize(host, layout, small), { code: 'input.invalid' });
    await prepare(stage, large);
    await start(stage, large);
    assert.equal(await stateOf(stage, large.id), 'running');
  });

  test('SC11 what cannot be changed while a VM runs waits for its next start, and that is said', async () => {
    const stage = current();
    const { driver, host, layout } = stage;
    await using lent = await borrow(stage);
    const before = { ...lent.vm, disk: 64 * mebibyte };
    await up(stage, before);
    const after = { ...before, cpus: before.cpus + 1, disk: 96 * mebibyte };
    const { atNextStart } = await driver.resize(host, layout, after);
    assert.equal(atNextStart.includes('disk'), !driver.can.has('live-disk'));
    assert.ok(!atNextStart.includes('memory'));
    assert.equal(await stateOf(stage, before.id), 'running');
  });
}
