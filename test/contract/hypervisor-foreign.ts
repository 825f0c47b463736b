/** The contract's part about what is not this controller's: it is neither seen nor touched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { referenceTo } from '../support/vm-reference.ts';
import { type HypervisorStage, shortTimes, stateOf } from './hypervisor-stage.ts';

export function foreignContract(current: () => HypervisorStage): void {
  test('CR7 what has the name of a VM and is not this controller’s is neither seen, stopped, killed nor destroyed', async () => {
    const stage = current();
    const { driver } = stage;
    const vm = await stage.launch();
    await using foreign = await stage.foreign(vm);
    assert.equal(await stateOf(stage, vm.id), 'none');
    await driver.stop(referenceTo(vm.id), shortTimes);
    await driver.kill(referenceTo(vm.id));
    await driver.destroy(referenceTo(vm.id));
    await foreign.intact();
  });
}
