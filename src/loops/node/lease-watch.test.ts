import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routerNetwork, router as routerPlan } from '../../../test/support/network.ts';
import { vm as storedVm } from '../../../test/support/vm.ts';
import type { ObservedRouter } from '../../drivers/network/driver.ts';
import type { RouterPlan } from '../../model/node/plan.ts';
import { unobserved, type Vm, type VmObserved } from '../../model/vm/vm.ts';
import { LeaseWatch } from './lease-watch.ts';

const mac = '52:54:00:00:00:01';

function vm(observed: Partial<VmObserved>, macs: readonly string[] = [mac]): Vm {
  const nic = { id: 'n', vmId: 'v', networkId: 'lan', network: 'lan', name: 'eth0', address: '10.0.0.2' };
  return storedVm({ observed: { ...unobserved, ...observed }, nics: macs.map((mac) => ({ ...nic, mac })) });
}

function plan(dhcp = true): RouterPlan {
  return routerPlan({ networks: [routerNetwork({ dhcp })] });
}

function router(expiresAt: number | null, more: Record<string, number> = {}): ObservedRouter {
  const ends = { ...(expiresAt === null ? {} : { [mac]: expiresAt }), ...more };
  const leases = Object.entries(ends).map(([mac, end]) => ({ mac, address: '10.0.0.2', expiresAt: end }));
  return { sliceId: 's', healthy: true, faults: [], hash: null, leases };
}

const names = (vms: readonly (Vm | { vm: Vm })[]) => vms.map((one) => ('vm' in one ? one.vm : one).name);

/** A watch at a clock that can be set. */
function watching() {
  const watch = new LeaseWatch();
  const stage = {
    now: 1_000,
    look: (routers: ObservedRouter[], ...vms: Vm[]) => watch.look([plan()], routers, vms, stage.now),
  };
  return stage;
}

test('CR11 a VM is addressed when its lease appears', () => {
  const { look } = watching();
  const first = look([router(null)], vm({ state: 'running' }));
  assert.deepEqual([names(first.waiting), names(first.addressed)], [['web'], []]);
  assert.deepEqual(names(look([router(5000)], vm({ state: 'running' })).addressed), ['web']);
});

test('CR11 a lease of an earlier start says nothing of this one', () => {
  for (const between of ['stopped', 'failed', null] as const) {
    const { look } = watching();
    look([router(5000)], vm({ state: 'running', addressed: true, startedAt: 1 }));
    look([router(6000)], vm({ state: 'running', addressed: true, startedAt: 1 }));
    if (between !== null) look([router(6000)], vm({ state: between }));
    for (const startedAt of [null, 2, 2]) assert.deepEqual(names(look([router(6000)], vm({ state: 'running', startedAt })).addressed), []);
    assert.deepEqual(names(look([router(7000)], vm({ state: 'running', startedAt: 2 })).addressed), ['web'], `${between}`);
  }
});

test('CR11 a VM to which a NIC came waits for the lease of that one alone, whatever happens to it meanwhile', () => {
  const { look } = watching();
  const came = '52:54:00:00:00:02';
  const runs = { state: 'running', startedAt: 1 } as const;
  look([router(5000)], vm({ ...runs, addressed: true }));
  const waits = () => names(look([router(5000)], vm(runs, [mac, came])).addressed);
  assert.deepEqual(waits(), []);
  for (const state of ['paused', 'unknown'] as const) look([router(5000)], vm({ ...runs, state }, [mac, came]));
  assert.deepEqual(waits(), []);
  assert.deepEqual(names(look([router(5000, { [came]: 9000 })], vm(runs, [mac, came])).addressed), ['web']);
  const again = vm({ ...runs, startedAt: 2 }, [mac, came]);
  assert.deepEqual(names(look([router(5000, { [came]: 9500 })], again).addressed), [], 'started anew it takes both again');
});

test('CR11 how long a VM waits is counted from when the NIC came that it waits for', () => {
  const stage = watching();
  const runs = { state: 'running', startedAt: 1 } as const;
  const since = (vm: Vm) => stage.look([router(5000)], vm).waiting.map((wait) => wait.since);
  stage.look([router(5000)], vm({ ...runs, addressed: true }));
  for (const now of [2_000, 3_000]) {
    stage.now = now;
    assert.deepEqual(since(vm(runs, [mac, '52:54:00:00:00:02'])), [2_000]);
  }
  stage.now = 4_000;
  assert.deepEqual(since(vm({ ...runs, startedAt: 2 }, [mac])), [4_000]);
});

test('CR11 a VM without a NIC on a network with DHCP waits for nothing', () => {
  const { waiting } = new LeaseWatch().look([plan(false)], [router(null)], [vm({ state: 'running' })], 0);
  assert.deepEqual(waiting, []);
});
