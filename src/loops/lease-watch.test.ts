import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObservedRouter } from '../drivers/network/driver.ts';
import type { RouterPlan } from '../model/node-plan.ts';
import { anywhere } from '../model/placement.ts';
import { unobserved, type Vm, type VmObserved } from '../model/vm.ts';
import { LeaseWatch } from './lease-watch.ts';

const mac = '52:54:00:00:00:01';

function vm(observed: Partial<VmObserved>): Vm {
  const nic = { id: 'n', vmId: 'v', networkId: 'lan', network: 'lan', name: 'eth0', mac, address: '10.0.0.2' };
  const spec: Vm['spec'] = {
    ...{ name: 'web', image: 'micro', cpus: 1, memory: 1, disk: null, nics: [] },
    restart: 'always',
    userData: null,
    sshKeys: [],
    volumes: [],
    firmware: null,
    cloudConfig: null,
    placement: anywhere,
  };
  const identity = { id: 'v', sliceId: 's', slice: 'shop', name: 'web', imageId: 'i', nodeId: 'n', createdAt: 0 };
  return {
    ...identity,
    spec,
    desired: 'running',
    generation: 1,
    boot: 1,
    pendingReason: null,
    movingTo: null,
    stayReason: null,
    volumes: [],
    observed: { ...unobserved, ...observed },
    nics: [nic],
  };
}

function plan(dhcp = true): RouterPlan {
  const network = {
    networkId: 'lan',
    name: 'lan',
    segment: 2000,
    cidr: '10.0.0.0/24',
    gateway: '10.0.0.1',
    internet: false,
    dhcp,
    leases: [],
    names: [],
  };
  return { sliceId: 's', slice: 'shop', transit: '100.64.0.0/30', networks: [network] };
}

function router(expiresAt: number | null): ObservedRouter {
  const leases = expiresAt === null ? [] : [{ mac, address: '10.0.0.2', expiresAt }];
  return { sliceId: 's', healthy: true, faults: [], hash: null, leases };
}

const names = (vms: Vm[]) => vms.map(({ name }) => name);

test('CR11 a VM is addressed when its lease appears', () => {
  const watch = new LeaseWatch();
  const first = watch.look([plan()], [router(null)], [vm({ state: 'running' })]);
  assert.deepEqual([names(first.waiting), names(first.addressed)], [['web'], []]);
  const second = watch.look([plan()], [router(5000)], [vm({ state: 'running' })]);
  assert.deepEqual(names(second.addressed), ['web']);
});

test('CR11 a lease of an earlier start says nothing of this one', () => {
  const watch = new LeaseWatch();
  watch.look([plan()], [router(5000)], [vm({ state: 'running', addressed: true })]);
  watch.look([plan()], [router(6000)], [vm({ state: 'stopped' })]);
  const restarted = vm({ state: 'running' });
  assert.deepEqual(names(watch.look([plan()], [router(6000)], [restarted]).addressed), []);
  assert.deepEqual(names(watch.look([plan()], [router(6000)], [restarted]).addressed), []);
  assert.deepEqual(names(watch.look([plan()], [router(7000)], [restarted]).addressed), ['web']);
});

test('CR11 a VM without a NIC on a network with DHCP waits for nothing', () => {
  const { waiting } = new LeaseWatch().look([plan(false)], [router(null)], [vm({ state: 'running' })]);
  assert.deepEqual(waiting, []);
});
