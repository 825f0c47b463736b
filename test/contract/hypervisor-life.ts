/** The contract's part about the life of a VM: states, each step twice, what another controller sees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perform } from '../../src/host/host.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { untilTrue } from '../support/until.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { borrow, type HypervisorStage, lacks, observed, prepare, shortTimes, start, stateOf, up } from './hypervisor-stage.ts';

export function lifeContract(current: () => HypervisorStage): void {
  test('SC11 the driver says that it can work on the node, and in which version', async () => {
    const { driver, host } = current();
    const [probe] = await perform(host, driver.probe());
    assert.ok(probe.usable && probe.version !== '', JSON.stringify(probe));
  });

  test('CR6 a VM goes from nothing to running and back to nothing, and each step may come twice', async () => {
    const stage = current();
    const { driver } = stage;
    await driver.prepareNode();
    const vm = await stage.launch();
    assert.equal(await stateOf(stage, vm.id), 'none');
    await prepare(stage, vm);
    await prepare(stage, vm);
    const { startedAt: _, ...stopped } = (await observed(stage, vm.id)) ?? {};
    assert.deepEqual(stopped, { id: vm.id, state: 'stopped', pid: null, memory: null, launchHash: planHash(vm), exitCode: null });
    await start(stage, vm);
    const first = await observed(stage, vm.id);
    await start(stage, vm);
    assert.deepEqual(await observed(stage, vm.id), first);
    assert.deepEqual([first?.state, first?.launchHash, first?.exitCode], ['running', planHash(vm), null]);
    assert.notEqual(await driver.stop(referenceTo(vm.id), shortTimes), 'not-running');
    assert.equal(await driver.stop(referenceTo(vm.id), shortTimes), 'not-running');
    assert.deepEqual([await stateOf(stage, vm.id), (await observed(stage, vm.id))?.exitCode], ['stopped', null]);
    await start(stage, vm);
    assert.equal(await stateOf(stage, vm.id), 'running');
    await driver.destroy(referenceTo(vm.id));
    await driver.destroy(referenceTo(vm.id));
    assert.equal(await stateOf(stage, vm.id), 'none');
  });

  test('CR6 a VM that is killed is stopped and keeps its disk; killing it again finds nothing', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    await prepare(stage, lent.vm);
    await stage.write(lent.vm, 7);
    await start(stage, lent.vm);
    assert.equal(await driver.kill(referenceTo(lent.vm.id)), true);
    assert.equal(await driver.kill(referenceTo(lent.vm.id)), false);
    assert.equal(await stateOf(stage, lent.vm.id), 'stopped');
    assert.equal(await stage.read(lent.vm), 7);
  });

  test('CR6 a VM whose process is killed from outside has failed, and starts again', async () => {
    const stage = current();
    await using lent = await borrow(stage);
    await up(stage, lent.vm);
    await stage.crash(lent.vm.id);
    await untilTrue(async () => (await stateOf(stage, lent.vm.id)) === 'failed');
    assert.notEqual((await observed(stage, lent.vm.id))?.exitCode, 0);
    await start(stage, lent.vm);
    assert.equal(await stateOf(stage, lent.vm.id), 'running');
  });

  test('CR6 what does not exist cannot be started, and stopping, killing and destroying it does no harm', async () => {
    const stage = current();
    const { driver } = stage;
    const vm = await stage.launch();
    await assert.rejects(start(stage, vm), { name: 'CroftError' });
    assert.equal(await driver.stop(referenceTo(vm.id), shortTimes), 'not-running');
    assert.equal(await driver.kill(referenceTo(vm.id)), false);
    await driver.destroy(referenceTo(vm.id));
    assert.equal(await stateOf(stage, vm.id), 'none');
  });

  test('CR7 the next controller sees the same VMs in the same states, all of them in one call, and takes them over', async () => {
    const stage = current();
    const { host } = stage;
    await using first = await borrow(stage);
    await using second = await borrow(stage);
    await up(stage, first.vm);
    await prepare(stage, second.vm);
    const seen = async (driver = stage.driver) => {
      const [vms] = await perform(host, driver.observe());
      return vms.filter(({ id }) => id === first.vm.id || id === second.vm.id).sort((a, b) => (a.id < b.id ? -1 : 1));
    };
    const next = stage.reopen();
    assert.deepEqual(await seen(next), await seen());
    await next.start(withLaunch(second.vm));
    assert.notEqual(await next.stop(referenceTo(first.vm.id), shortTimes), 'not-running');
    assert.deepEqual([await stateOf(stage, first.vm.id), await stateOf(stage, second.vm.id)], ['stopped', 'running']);
  });

  test('SC11 a VM is paused and resumed, each as often as requested; one that does not run cannot be', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    const { id } = lent.vm;
    await prepare(stage, lent.vm);
    if (await lacks(stage, 'pause', () => driver.pause(referenceTo(id)))) return;
    await assert.rejects(driver.pause(referenceTo(id)), { code: 'vm.not-running' });
    await assert.rejects(driver.resume(referenceTo(id)), { code: 'vm.not-running' });
    await start(stage, lent.vm);
    const { pid } = (await observed(stage, id)) ?? {};
    for (const _ of [1, 2]) {
      await driver.pause(referenceTo(id));
      assert.equal(await stateOf(stage, id), 'paused');
    }
    for (const _ of [1, 2]) {
      await driver.resume(referenceTo(id));
      assert.equal(await stateOf(stage, id), 'running');
    }
    assert.equal((await observed(stage, id))?.pid, pid);
    await driver.pause(referenceTo(id));
    assert.notEqual(await driver.stop(referenceTo(id), shortTimes), 'not-running');
    assert.equal(await stateOf(stage, id), 'stopped');
  });

  test('SC11 a VM that is reset keeps running; one that does not run cannot be', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage);
    await prepare(stage, lent.vm);
    if (await lacks(stage, 'reboot', () => driver.reboot(referenceTo(lent.vm.id), false))) return;
    await assert.rejects(driver.reboot(referenceTo(lent.vm.id), false), { code: 'vm.not-running' });
    await start(stage, lent.vm);
    await driver.reboot(referenceTo(lent.vm.id), false);
    await untilTrue(async () => (await stateOf(stage, lent.vm.id)) === 'running');
  });

  test('SC11 a VM whose guest ignores being asked to restart itself runs on as before, and its end is its own', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage, { deaf: true });
    const { id } = lent.vm;
    await prepare(stage, lent.vm);
    if (await lacks(stage, 'reboot', () => driver.reboot(referenceTo(id), true))) return;
    await assert.rejects(driver.reboot(referenceTo(id), true), { code: 'vm.not-running' });
    await start(stage, lent.vm);
    const before = await observed(stage, id);
    await driver.reboot(referenceTo(id), true).catch((error) => assert.equal(error.code, 'vm.unheeded', error));
    assert.deepEqual(await observed(stage, id), before);
    await stage.crash(id);
    await untilTrue(async () => (await stateOf(stage, id)) === 'failed');
  });
}
