/** The contract's part about NICs and volumes that come and go while a VM runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perform } from '../../src/host/host.ts';
import { planHash, type VmLaunch } from '../../src/model/node/plan.ts';
import { referenceTo, withLaunch } from '../support/vm-reference.ts';
import { borrow, type HypervisorStage, lacks, observed, stateOf, up } from './hypervisor-stage.ts';

export function devicesContract(current: () => HypervisorStage): void {
  test('SC11 a NIC comes to a VM that runs and goes again, each as often as it is asked for', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage, { device: true });
    const { vm } = lent;
    const nicId = vm.ports[0]?.nicId ?? '';
    const attach = (): Promise<void> => driver.attachNic(withLaunch(vm), nicId);
    if (await lacks(stage, 'hotplug-nic', attach)) return;
    await up(stage, { ...vm, ports: [] });
    for (const _ of [1, 2]) await attach();
    for (const _ of [1, 2]) await driver.detachNic(referenceTo(vm.id), nicId);
    await isKnownAs(stage, { ...vm, ports: [] });
    await attach();
    assert.equal(await stateOf(stage, vm.id), 'running');
    await isKnownAs(stage, vm);
  });

  test('SC11 a volume comes to a VM that runs and goes again, each as often as it is asked for', async () => {
    const stage = current();
    const { driver } = stage;
    await using lent = await borrow(stage, { device: true });
    const { vm } = lent;
    const volumeId = vm.volumes[0]?.id ?? '';
    const attach = (): Promise<void> => driver.attachVolume(withLaunch(vm), volumeId);
    if (await lacks(stage, 'hotplug-volume', attach)) return;
    await up(stage, { ...vm, volumes: [] });
    for (const _ of [1, 2]) await attach();
    for (const _ of [1, 2]) await driver.detachVolume(referenceTo(vm.id), volumeId);
    await isKnownAs(stage, { ...vm, volumes: [] });
    await attach();
    assert.equal(await stateOf(stage, vm.id), 'running');
    await isKnownAs(stage, vm);
  });

  test('SC11 what a VM runs from is known while it runs, whatever was asked for since', async () => {
    const stage = current();
    const { driver, host } = stage;
    await using lent = await borrow(stage);
    const { vm } = lent;
    const [unknown] = await perform(host, driver.runningLaunch(referenceTo(vm.id)));
    assert.equal(unknown, null);
    await up(stage, vm);
    await isKnownAs(stage, vm);
    const more = { ...vm, cpus: vm.cpus + 1 };
    const { atNextStart } = await driver.resize(withLaunch(more));
    await isKnownAs(stage, atNextStart.length === 0 ? more : vm);
  });
}

/** That is what it runs from, which is seen by its hash too. */
async function isKnownAs(stage: HypervisorStage, vm: VmLaunch): Promise<void> {
  const [launch] = await perform(stage.host, stage.driver.runningLaunch(referenceTo(vm.id)));
  assert.deepEqual(launch, vm);
  assert.equal((await observed(stage, vm.id))?.launchHash, planHash(vm));
}
