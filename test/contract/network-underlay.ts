/** The contract of network drivers: what joins a node to the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnderlayPlan } from '../../src/model/network/underlay.ts';
import { planHash } from '../../src/model/node/plan.ts';
import { ensureUnderlay, type NetworkStage, observe } from './network-stage.ts';

/** Ends with the stage's underlay made. */
export function underlayContract(stage: () => NetworkStage): void {
  const whole = (plan: UnderlayPlan) => ({ healthy: true, faults: [], hash: planHash(plan) });

  test('CR2 an underlay that was never made is seen as such', async () => {
    const { healthy, hash, faults } = (await observe(stage())).underlay;
    assert.deepEqual([healthy, hash], [false, null]);
    assert.notEqual(faults.length, 0);
  });

  test('CR2 an underlay is made, told by its hash, and left as it is when it is made again', async () => {
    const { underlay } = stage();
    await ensureUnderlay(stage());
    assert.deepEqual((await observe(stage())).underlay, whole(underlay));
    const before = await stage().picture();
    await ensureUnderlay(stage());
    assert.equal(await stage().picture(), before);
    assert.deepEqual((await observe(stage())).underlay, whole(underlay));
  });

  test('CR17 faults of the underlay are seen with words, and repaired', async () => {
    const { damages, underlay } = stage();
    for (const { what, inflict } of damages.underlay) {
      await inflict();
      const seen = (await observe(stage())).underlay;
      assert.equal(seen.healthy, false, what);
      assert.notEqual(seen.faults.length, 0, what);
      await ensureUnderlay(stage());
      assert.deepEqual((await observe(stage())).underlay, whole(underlay), what);
    }
  });

  test('CR2 another underlay comes in the place of the one that is there, which can come back', async () => {
    const { underlay, otherUnderlay } = stage();
    const before = await stage().picture();
    for (const plan of [otherUnderlay, underlay]) {
      await ensureUnderlay(stage(), plan);
      assert.deepEqual((await observe(stage())).underlay, whole(plan));
    }
    assert.equal(await stage().picture(), before, 'nothing of the other one is left');
  });

  test('CR2 a kind of underlay that the driver does not have is refused with words, and nothing is changed', async () => {
    const { driver, host, underlay } = stage();
    const vxlan: UnderlayPlan = { kind: 'vxlan', bridge: 'br-croft', mtu: 1450, peers: [], address: '192.0.2.1' };
    if (stage().driver.traits.underlays.includes('vxlan')) return;
    const before = await stage().picture();
    await assert.rejects(ensureUnderlay(stage(), vxlan), (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'unsupported');
      assert.equal(
        error.message,
        `node ${host.name} cannot be joined to others by vxlan: its network driver ${driver.kind} has no such underlay`,
      );
      assert.notEqual(error.hint ?? '', '');
      return true;
    });
    assert.equal(await stage().picture(), before);
    assert.deepEqual((await observe(stage())).underlay, whole(underlay));
  });
}
