/** The contract's part about what goes wrong around a VM: it is said in words, in time, and nothing of it stays once it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perform } from '../../src/host/host.ts';
import { CroftError } from '../../src/model/error.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { borrow, type HypervisorStage, observed, prepare, start, stateOf, up } from './hypervisor-stage.ts';

const mebibyte = 2 ** 20;
/** A guest that does not listen is not waited for longer than this, in ms. */
const grace = { powerdown: 300, terminate: 1_500 };

/** Whether it rejects as errors must: with a declared code, and words. */
async function saidWhy(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => error instanceof CroftError && error.code !== 'internal' && error.message.length > 10);
}

export function troublesContract(current: () => HypervisorStage): void {
  test('CR7 a guest that ignores its power button is ended by force when its time is over, and that is said', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage, { deaf: true });
    await up(stage, lent.vm);
    const how = await driver.stop(referenceTo(lent.vm.id), grace);
    assert.ok(how === 'terminated' || how === 'killed', how);
    const seen = await observed(stage, lent.vm.id);
    assert.deepEqual([seen?.state, seen?.exitCode], ['stopped', null]);
  });

  test('CR7 operations on a VM whose control is silent end in time with an error; the VM keeps running, and obeys again', async () => {
    const stage = current();
    const { driver } = stage;
    if (stage.troubles.silence === null) return;
    await using lent = await borrow(stage);
    await up(stage, lent.vm);
    const { pid } = (await observed(stage, lent.vm.id)) ?? {};
    {
      await using _ = await stage.troubles.silence(lent.vm);
      await assert.rejects(driver.reboot(referenceTo(lent.vm.id), false), { code: 'command.timeout' });
    }
    await untilTrue(async () => (await stateOf(stage, lent.vm.id)) === 'running');
    assert.equal((await observed(stage, lent.vm.id))?.pid, pid);
    await driver.reboot(referenceTo(lent.vm.id), false);
    assert.notEqual(await driver.stop(referenceTo(lent.vm.id), grace), 'not-running');
  });

  test('CR6 a VM whose network is not there does not start, which is said, and starts once it is back', async () => {
    const stage = current();
    await using lent = await borrow(stage, { device: true });
    await prepare(stage, lent.vm);
    {
      await using _ = await stage.troubles.loseNetwork(lent.vm);
      await saidWhy(start(stage, lent.vm));
      assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
    }
    await start(stage, lent.vm);
    assert.equal(await stateOf(stage, lent.vm.id), 'running');
  });

  test('CR6 a VM whose chain of disks is broken does not start, which is said, and starts once it is whole, with what was on it', async () => {
    const stage = current();
    await using lent = await borrow(stage);
    await prepare(stage, lent.vm);
    await stage.write(lent.vm, 5);
    {
      await using _ = await stage.troubles.breakDisk(lent.vm);
      await saidWhy(start(stage, lent.vm));
      assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
    }
    assert.equal(await stage.read(lent.vm), 5);
    await start(stage, lent.vm);
    assert.equal(await stateOf(stage, lent.vm.id), 'running');
  });

  test('SC11 a VM that is killed while it is snapshotted has failed, keeps its disk, and can be snapshotted and started again', async () => {
    const stage = current();
    const { driver, host } = stage;
    if (!driver.can.has('snapshot')) return;
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    await stage.write(vm, 6);
    await start(stage, vm);
    const taken = driver.snapshot(withLaunch(vm), 'cut', driver.can.has('memory-snapshot')).then(
      () => true,
      () => false,
    );
    await stage.crash(vm.id);
    const whole = await taken;
    await untilTrue(async () => (await stateOf(stage, vm.id)) === 'failed');
    const names = async () => (await perform(host, driver.snapshots(referenceTo(vm.id))))[0].map(({ name }) => name);
    if (whole) assert.deepEqual(await names(), ['cut']);
    await driver.removeSnapshot(withLaunch(vm), 'cut');
    assert.deepEqual(await names(), []);
    assert.equal(await stage.read(vm), 6);
    await driver.snapshot(withLaunch(vm), 'cut', false);
    assert.deepEqual(await names(), ['cut']);
    await start(stage, vm);
    assert.equal(await stateOf(stage, vm.id), 'running');
  });

  test('SC11 a VM whose revert failed half-way says so and does not start before all of it is put back, by itself or by repeating it', async () => {
    const stage = current();
    const { driver } = stage;
    if (stage.troubles.sealDisk === undefined) return;
    await using lent = await borrow(stage, { device: true });
    const { vm } = lent;
    await prepare(stage, vm);
    await stage.write(vm, 7);
    await driver.snapshot(withLaunch(vm), 'whole', false);
    const revert = () => driver.revert(withLaunch(vm), 'whole');
    for (const again of [false, true]) {
      await stage.write(vm, 8);
      {
        await using _ = await stage.troubles.sealDisk(vm);
        await assert.rejects(revert(), { message: /not put back to snapshot whole, or only half/ });
        await assert.rejects(prepare(stage, vm), { message: /half put back/ });
        assert.equal(await stateOf(stage, vm.id), 'stopped');
      }
      if (again) await revert();
      await up(stage, vm);
      await driver.stop(referenceTo(vm.id), grace);
      assert.equal(await stage.read(vm), 7);
    }
  });

  test('SC11 what cannot be read of one VM is said of that one: all are seen, and it is not taken for one that was never started', async () => {
    const stage = current();
    const { driver, host } = stage;
    if (stage.troubles.spoilMark === undefined) return;
    await using broken = await borrow(stage);
    await using well = await borrow(stage);
    for (const { vm } of [broken, well]) await up(stage, vm);
    const before = await observed(stage, well.vm.id);
    {
      await using _ = await stage.troubles.spoilMark(broken.vm);
      assert.equal(await stateOf(stage, broken.vm.id), 'running');
      assert.deepEqual(await observed(stage, well.vm.id), before);
      await saidWhy(perform(host, driver.runningLaunch(referenceTo(broken.vm.id))));
      assert.deepEqual(await perform(host, driver.runningLaunch(referenceTo(well.vm.id))), [well.vm]);
    }
    assert.deepEqual(await perform(host, driver.runningLaunch(referenceTo(broken.vm.id))), [broken.vm]);
  });

  test('SC11 a disk that is to be smaller is refused also while its VM runs, before anything else is changed', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    const large = { ...lent.vm, disk: 96 * mebibyte };
    await up(stage, large);
    const before = await observed(stage, large.id);
    const smaller = { ...large, cpus: large.cpus + 1, disk: 64 * mebibyte };
    await assert.rejects(driver.resize(withLaunch(smaller)), { code: 'input.invalid' });
    assert.deepEqual(await observed(stage, large.id), before);
  });

  test('CR7 a VM whose name somebody else has is started beside that or refused with words, and what is foreign stays as it is', async () => {
    const stage = current();
    const { driver } = stage;
    const vm: VmLaunch = await stage.launch();
    await using foreign = await stage.foreign(vm);
    try {
      await up(stage, vm);
    } catch (thrown) {
      await saidWhy(Promise.reject(thrown));
    }
    await foreign.intact();
    await driver.destroy(referenceTo(vm.id));
    await foreign.intact();
    assert.equal(await stateOf(stage, vm.id), 'none');
  });
}
