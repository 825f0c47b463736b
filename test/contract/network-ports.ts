/** The contract of network drivers: ports of VMs. The underlay is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planHash } from '../../src/model/node/plan.ts';
import { attach, detach, type NetworkStage, observe, portOf, requireWhole, seenPort } from './network-stage.ts';

export function portsContract(stage: () => NetworkStage): void {
  test('CR10 ports of several VMs are made at once, told by their hashes, made again without a change, and removed', async () => {
    const { driver } = stage();
    const empty = await stage().picture();
    const one = portOf();
    const plans = [one, portOf({ vmId: one.vmId }), portOf()];
    await attach(stage(), ...plans);
    const names: string[] = [];
    for (const plan of plans) names.push(await requireWhole(stage(), plan));
    const made = await stage().picture();
    assert.notEqual(made, empty);
    await attach(stage(), ...plans);
    assert.equal(await stage().picture(), made);
    assert.deepEqual(await driver.attach([]), []);
    for (const _ of ['once', 'twice']) await driver.detach(names);
    assert.deepEqual((await observe(stage())).ports, []);
    assert.equal(await stage().picture(), empty);
  });

  test('CR11 a port with a changed plan is recognised by its hash, and is changed', async () => {
    const plan = portOf();
    const other = { ...plan, dhcp: false };
    await attach(stage(), plan);
    assert.notEqual((await seenPort(stage(), plan))?.hash, planHash(other));
    await attach(stage(), other);
    await requireWhole(stage(), other);
    await detach(stage(), other);
  });

  test('CR17 faults of a port are seen and repaired, and other ports are left as they are', async () => {
    const [plan, neighbour] = [portOf(), portOf()];
    await attach(stage(), plan, neighbour);
    const name = await requireWhole(stage(), plan);
    for (const { what, inflict } of stage().damages.port) {
      await inflict(name);
      assert.notEqual((await seenPort(stage(), plan))?.healthy, true, what);
      await attach(stage(), plan);
      await requireWhole(stage(), plan);
    }
    await requireWhole(stage(), neighbour);
    await detach(stage(), plan, neighbour);
  });

  test('CR10 a VM gets all of its ports or none, and others are not held up by that', async () => {
    const { driver } = stage();
    const [half, good] = [portOf(), portOf()];
    const empty = await stage().picture();
    await using bad = await stage().impossible(portOf({ vmId: half.vmId }));
    const outcomes = await driver.attach([half, bad.port, good]);
    const errors = new Map(outcomes.map(({ vmId, error }) => [vmId, error]));
    assert.equal(outcomes.length, 2);
    assert.equal(errors.get(good.vmId), null);
    assert.equal(errors.get(half.vmId)?.code, 'network.port');
    assert.notEqual(errors.get(half.vmId)?.message ?? '', '');
    for (const plan of [half, bad.port]) assert.equal(await seenPort(stage(), plan), undefined);
    await requireWhole(stage(), good);
    await detach(stage(), good);
    assert.equal(await stage().picture(), empty);
  });

  test('CR11 an impaired network is made or refused with words, as the driver declares', async () => {
    const { driver } = stage();
    const plan = portOf({ impairment: { delay: null, jitter: null, loss: null, rate: 10e6 } });
    if (stage().driver.traits.impairment) {
      await attach(stage(), plan);
      await requireWhole(stage(), plan);
      await attach(stage(), { ...plan, impairment: null });
      await requireWhole(stage(), { ...plan, impairment: null });
      await detach(stage(), plan);
      return;
    }
    const [outcome] = await driver.attach([plan]);
    assert.equal(outcome?.error?.code, 'network.port');
    assert.match(outcome?.error?.message ?? '', /impaired \(rate 10Mbit\)/);
    assert.equal(await seenPort(stage(), plan), undefined);
  });

  test("CR17 what is somebody else's is neither seen nor touched", async () => {
    const { driver } = stage();
    const plan = portOf();
    await using foreign = await stage().foreign(plan);
    await driver.attach([plan]);
    await foreign.intact();
    const own = (await observe(stage())).ports.map(({ name }) => name);
    assert.ok(!own.includes(foreign.name));
    await driver.detach([...own, foreign.name]);
    await foreign.intact();
    assert.deepEqual((await observe(stage())).ports, []);
  });
}
