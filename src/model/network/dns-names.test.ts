import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsNames } from './dns-names.ts';

const vm = (name: string, ...nics: [networkId: string, address: string][]) => ({
  name,
  nics: nics.map(([networkId, address]) => ({ networkId, address })),
});

test('CR11 a network names its own VMs by their address in it, and the others by what they are reached at from it', () => {
  const vms = [
    vm('web', ['front', '10.0.0.1'], ['back', '10.1.0.1']),
    vm('db', ['back', '10.1.0.2'], ['store', '10.2.0.2']),
    vm('far', ['store', '10.2.0.3'], ['other', '10.3.0.3']),
    vm('alone'),
  ];
  const named = (network: string) => dnsNames(network, vms).map(({ hostname, address }) => `${hostname}=${address}`);
  assert.deepEqual(named('front'), ['web=10.0.0.1', 'db=10.1.0.2', 'far=10.2.0.3']);
  assert.deepEqual(named('back'), ['web=10.1.0.1', 'db=10.1.0.2', 'far=10.2.0.3']);
  assert.deepEqual(named('other'), ['web=10.0.0.1', 'db=10.2.0.2', 'far=10.3.0.3']);
});
