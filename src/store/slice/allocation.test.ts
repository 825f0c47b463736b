import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { networkSpec } from '../../../test/support/network.ts';
import { nicSpec, vmSpec } from '../../../test/support/vm.ts';
import { isUsable, parseAddress, parseSubnet } from '../../model/network/ipv4.ts';
import type { VmSpec } from '../../model/slice/slice.ts';
import type { NicSpec } from '../../model/vm/devices.ts';
import { type ExistingNic, lowestFree, macCandidate, nextFree, planNics } from './allocation.ts';

const lan = { id: 'lan-id', spec: networkSpec({ cidr: '10.0.0.0/28', gateway: '10.0.0.1' }) };

function nic(name: string, address: string | null = null): NicSpec {
  return nicSpec('lan', { name, address });
}

function vm(name: string, ...nics: NicSpec[]): { id: string; spec: VmSpec } {
  return { id: name, spec: vmSpec({ name, nics, memory: 1 }) };
}

function existing(vmId: string, address: string): ExistingNic {
  return { id: `${vmId}-nic`, vmId, networkId: lan.id, name: 'eth0', mac: `02:00:00:00:00:${vmId}`, address };
}

test('CR9 the lowest free numbers are found, fewer where no more are free', () => {
  assert.deepEqual(lowestFree(new Set([1, 3]), 1, 5, 2), [2, 4]);
  assert.deepEqual(lowestFree(new Set([1, 3]), 1, 4, 5), [2, 4]);
  assert.deepEqual(lowestFree(new Set(), 5, 4, 1), []);
});

test('CR10 a MAC candidate is stable, unicast and locally administered, and another at each attempt', () => {
  assert.equal(macCandidate('a', 0), macCandidate('a', 0));
  assert.notEqual(macCandidate('a', 0), macCandidate('a', 1));
  assert.notEqual(macCandidate('a', 0), macCandidate('b', 0));
  assert.match(macCandidate('a', 0), /^02(:[0-9a-f]{2}){5}$/);
});

test('CR9 neither network, broadcast nor gateway address can be had', () => {
  for (const address of ['10.0.0.0', '10.0.0.15', '10.0.0.1', '10.0.1.4', 'x']) {
    assert.throws(() => planNics([], [vm('a', nic('eth0', address))], [lan]), { code: 'input.invalid' }, address);
  }
});

test('CR9 one address given twice is refused with its path', () => {
  const vms = [vm('a', nic('eth0', '10.0.0.4')), vm('b', nic('eth0', '10.0.0.4'))];
  assert.throws(() => planNics([], vms, [lan]), {
    code: 'input.invalid',
    issues: [{ path: 'vms.b.nics.eth0.address', message: '10.0.0.4 is taken by a (eth0)' }],
  });
});

test('CR9 a NIC on a network that the slice does not have is refused', () => {
  assert.throws(() => planNics([], [vm('a', { ...nic('eth0'), network: 'wan' })], [lan]), { code: 'input.invalid', message: /"wan"/ });
});

test('CR10 a NIC that changes its address keeps identifier and MAC, and one that is gone is removed', () => {
  const plan = planNics([existing('0a', '10.0.0.2'), existing('0b', '10.0.0.3')], [vm('0a', nic('eth0', '10.0.0.3'))], [lan]);
  assert.deepEqual(plan, {
    remove: ['0a-nic', '0b-nic'],
    insert: [{ id: '0a-nic', vmId: '0a', networkId: 'lan-id', name: 'eth0', mac: '02:00:00:00:00:0a', address: '10.0.0.3' }],
  });
});

test('CR10 whatever was there, addresses end up unique and usable, and a plan that is done plans nothing', () => {
  const hosts = fc.integer({ min: 2, max: 14 }).map((host) => `10.0.0.${host}`);
  const scenario = fc.record({
    held: fc.uniqueArray(hosts, { maxLength: 6 }),
    given: fc.uniqueArray(hosts, { maxLength: 3 }),
    chosen: fc.integer({ min: 0, max: 4 }),
  });
  fc.assert(
    fc.property(scenario, ({ held, given, chosen }) => {
      const before = held.map((address, index) => existing(`h${index}`, address));
      const free = given.filter((address) => !held.includes(address));
      const vms = [
        ...held.map((_, index) => vm(`h${index}`, nic('eth0'))),
        ...Array.from({ length: chosen }, (_, index) => vm(`c${index}`, nic('eth0'))),
        ...free.map((address, index) => vm(`g${index}`, nic('eth0', address))),
      ];
      const plan = planNics(before, vms, [lan]);
      assert.deepEqual(plan.remove, [], 'what is there stays');
      const after = [...before, ...plan.insert.map((row, index) => ({ ...row, id: `n${index}`, mac: `02:00:00:00:01:${index}` }))];
      assert.equal(after.length, vms.length);
      assert.equal(new Set(after.map(({ address }) => address)).size, vms.length);
      const subnet = parseSubnet(lan.spec.cidr);
      for (const { address } of after) {
        assert.ok(subnet !== null && isUsable(subnet, parseAddress(address) ?? 0) && address !== lan.spec.gateway);
      }
      assert.deepEqual(planNics(after, vms, [lan]), { remove: [], insert: [] });
    }),
  );
});

test('CR11 a segment that was given back rests until all others had their turn', () => {
  assert.deepEqual(nextFree(new Set([2]), 1, 4, 2, 2), [3, 4]);
  assert.deepEqual(nextFree(new Set([3]), 1, 4, 2, 3), [4, 1]);
  assert.deepEqual(nextFree(new Set(), 1, 3, 5, 2), [3, 1, 2]);
  assert.deepEqual(nextFree(new Set(), 5, 6, 1, 0), [5]);
  assert.deepEqual(nextFree(new Set(), 5, 6, 1, 4000), [5]);
});
