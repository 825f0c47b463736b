/** The contract's part about NICs and volumes that come and go while a VM runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { borrow, type HypervisorStage, lacks, stateOf, up } from './hypervisor-stage.ts';

export function devicesContract(current: () => HypervisorStage): void {
  test('SC11 a NIC comes to a VM that runs and goes again, each as often as it is asked for', async () => {
    const stage = current();
    const { driver, host, layout, abilities } = stage;
    await using lent = await borrow(stage, { device: true });
    const { vm } = lent;
    const nicId = vm.ports[0]?.nicId ?? '';
    const attach = (): Promise<void> => driver.attachNic(host, layout, abilities, vm, nicId);
    if (await lacks(stage, 'hotplug-nic', attach)) return;
    await up(stage, { ...vm, ports: [] });
    for (const _ of [1, 2]) await attach();
    for (const _ of [1, 2]) await driver.detachNic(host, layout, vm.id, nicId);
    await attach();
    assert.equal(await stateOf(stage, vm.id), 'running');
  });

  test('SC11 a volume comes to a VM that runs and goes again, each as often as it is asked for', async () => {
    const stage = current();
    const { driver, host, layout } = stage;
    await using lent = await borrow(stage, { device: true });
    const { vm } = lent;
    const volumeId = vm.volumes[0]?.id ?? '';
    const attach = (): Promise<void> => driver.attachVolume(host, layout, vm, volumeId);
    if (await lacks(stage, 'hotplug-volume', attach)) return;
    await up(stage, { ...vm, volumes: [] });
    for (const _ of [1, 2]) await attach();
    for (const _ of [1, 2]) await driver.detachVolume(host, layout, vm.id, volumeId);
    await attach();
    assert.equal(await stateOf(stage, vm.id), 'running');
  });
}
