/** The contract's part about VMs that are carried to another node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perform } from '../../src/host/host.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { borrow, type HypervisorStage, lacks, observed, prepare } from './hypervisor-stage.ts';

export function movesContract(current: () => HypervisorStage): void {
  test('SC11 a stopped VM is carried to another node with what is on its disk, and the first node keeps it', async () => {
    const stage = current();
    const { driver, host, layout, other } = stage;
    const here = { host, layout };
    const options = { exitCode: null, signal: new AbortController().signal, onProgress: () => undefined };
    await using lent = await borrow(stage);
    const { vm } = lent;
    await prepare(stage, vm);
    const transfer = (): Promise<void> => driver.transfer(withLaunch(vm), other ?? here, options);
    if (await lacks(stage, 'move', transfer)) return;
    assert.ok(other !== null, 'a stage of a driver that moves VMs has two nodes');
    await stage.write(vm, 5);
    await driver.requireRoom(withLaunch(vm), other);
    for (const _ of [1, 2]) {
      await transfer();
      const arrivals: string[] = (await perform(other.host, other.driver.arrivals()))[0];
      assert.ok(!arrivals.includes(vm.id));
      assert.equal((await observed(stage, vm.id, other))?.state, 'stopped');
    }
    assert.equal((await observed(stage, vm.id))?.state, 'stopped');
    assert.equal(await stage.read(vm), 5);
    await other.driver.destroy(referenceTo(vm.id));
    await other.driver.discardArrival(referenceTo(vm.id));
    assert.equal(await observed(stage, vm.id, other), null);
  });
}
