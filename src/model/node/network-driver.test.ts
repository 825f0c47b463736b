import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkTraitsOf } from '../network/drivers.ts';
import { unfitLinks } from '../network/node-links.ts';
import { underlayOf } from '../network/underlay.ts';
import { hypervisorNames, traitsOf } from './hypervisor.ts';
import { networkDriverOf } from './network-driver.ts';
import type { NodeSpecs } from './node.ts';

const place = { bridge: 'br-croft', uplink: 'eth1' };

test('SC11 each hypervisor has network drivers of its own system, which join its nodes as configured and have the routers of its roles', () => {
  for (const hypervisor of hypervisorNames) {
    const { system, roles, networkDrivers } = traitsOf(hypervisor);
    const drivers = networkDrivers.map(networkTraitsOf);
    for (const driver of drivers) assert.equal(driver.system, system, hypervisor);
    const chosen = networkTraitsOf(networkDriverOf({ ...place, hypervisor }, null));
    assert.ok(chosen.underlays.includes(underlayOf(place).kind), hypervisor);
    assert.equal(chosen.routers, roles.includes('network'), hypervisor);
  }
});

test('SC11 the driver is the same before a node was looked at, while it lacks programs, and when it has them', () => {
  for (const specs of [null, { tools: {} }, { tools: { ip: '6', nft: '1', ethtool: '6', 'ovs-vsctl': '3', 'ovs-vswitchd': '3' } }]) {
    assert.equal(networkDriverOf({ ...place, hypervisor: 'qemu' }, specs), 'ovs');
    assert.equal(networkDriverOf({ ...place, hypervisor: 'libvirt' }, specs), 'ovs');
    assert.equal(networkDriverOf({ ...place, hypervisor: 'zones' }, specs), 'vnic');
  }
});

test('SC11 an impaired network is refused by what the network driver of a node can do', () => {
  const specs = { tools: {} } as NodeSpecs;
  const refusals = (hypervisor: 'qemu' | 'zones') => [
    ...unfitLinks({ ...place, hypervisor }, specs, { nicModels: ['virtio'], impaired: true }),
  ];
  assert.deepEqual(refusals('qemu'), []);
  assert.deepEqual(refusals('zones'), ['that cannot impair networks (zones)']);
});
