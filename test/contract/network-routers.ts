/** The contract of network drivers: routers of slices, or their refusal; and what is left when all is removed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newIdentifier } from '../../src/model/identifier.ts';
import { planHash, type RouterPlan } from '../../src/model/node/plan.ts';
import { attach, ensureUnderlay, type NetworkStage, observe, portOf, seenRouter } from './network-stage.ts';

function routerOf(number: number): RouterPlan {
  const lan = { networkId: newIdentifier(), name: 'lan', segment: 200 + number, cidr: '10.80.0.0/24', gateway: '10.80.0.1' };
  const leases = [{ mac: '02:00:00:00:0a:01', address: '10.80.0.2', hostname: 'web' }];
  const names = [{ hostname: 'web', address: '10.80.0.2' }];
  const networks = [{ ...lan, internet: true, dhcp: true, leases, names }];
  return { sliceId: newIdentifier(), slice: `contract${number}`, transit: `10.81.0.${4 * number}/30`, networks };
}

export function routersContract(stage: () => NetworkStage): void {
  const ensure = (plan: RouterPlan): Promise<void> => {
    return stage().driver.ensureRouter(plan);
  };
  const requireRouter = async (plan: RouterPlan, what?: string): Promise<void> => {
    const seen = await seenRouter(stage(), plan.sliceId);
    assert.deepEqual([seen?.healthy, seen?.faults, seen?.hash], [true, [], planHash(plan)], what);
  };

  test('CR5 a router is made, told by its hash, made again without a change, edited and removed, or refused with words', async () => {
    const { driver } = stage();
    const empty = await stage().picture();
    const plan = routerOf(1);
    if (stage().driver.traits.routers) {
      await ensure(plan);
      await requireRouter(plan);
      const made = await stage().picture();
      await ensure(plan);
      assert.equal(await stage().picture(), made);
      const edited = { ...plan, networks: plan.networks.map((network) => ({ ...network, internet: false })) };
      assert.notEqual((await seenRouter(stage(), plan.sliceId))?.hash, planHash(edited));
      await ensure(edited);
      await requireRouter(edited);
    } else {
      await assert.rejects(ensure(plan), (error: Error & { code?: string; hint?: string }) => {
        assert.equal(error.code, 'network.router');
        assert.notEqual(error.hint ?? '', '');
        return true;
      });
    }
    for (const _ of ['once', 'twice']) await driver.removeRouter(plan.sliceId);
    assert.equal(await seenRouter(stage(), plan.sliceId), undefined);
    assert.equal(await stage().picture(), empty);
  });

  test('CR17 faults of a router are seen with words and repaired, and other routers are left as they are', async () => {
    if (!stage().driver.traits.routers) return;
    const { driver, damages } = stage();
    const [plan, neighbour] = [routerOf(1), routerOf(2)];
    await ensure(plan);
    await ensure(neighbour);
    for (const { what, inflict } of damages.router) {
      await inflict(plan);
      const seen = await seenRouter(stage(), plan.sliceId);
      assert.equal(seen?.healthy, false, what);
      assert.notEqual(seen?.faults.length, 0, what);
      await requireRouter(neighbour, what);
      await ensure(plan);
      await requireRouter(plan, what);
    }
    await driver.removeRouter(plan.sliceId);
    await requireRouter(neighbour);
    await driver.removeRouter(neighbour.sliceId);
  });
}

/** `before` is the node's picture from before anything was made. */
export function purgeContract(stage: () => NetworkStage, before: () => string): void {
  test('CR17 a purge removes all that the controller made, and only that; repeating it does no harm', async () => {
    const { driver } = stage();
    {
      await using foreign = await stage().foreign(portOf());
      await ensureUnderlay(stage());
      await attach(stage(), portOf(), portOf());
      if (stage().driver.traits.routers) await driver.ensureRouter(routerOf(3));
      for (const _ of ['once', 'twice']) await driver.purge();
      const { underlay, ports, routers } = await observe(stage());
      assert.deepEqual([underlay.hash, ports, routers], [null, [], []]);
      await foreign.intact();
    }
    assert.equal(await stage().picture(), before());
  });
}
