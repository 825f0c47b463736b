import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  broadcastOf,
  containsAddress,
  formatAddress,
  formatSubnet,
  isUsable,
  overlaps,
  parseAddress,
  parseSubnet,
  subnetOf,
  usableAddresses,
} from './ipv4.ts';

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const prefix = fc.integer({ min: 0, max: 32 });
const subnet = fc.tuple(address, prefix).map(([base, length]) => subnetOf(base, length));

test('CR11 addresses and subnets read back as they were written', () => {
  fc.assert(fc.property(address, (value) => assert.equal(parseAddress(formatAddress(value)), value)));
  fc.assert(fc.property(subnet, (value) => assert.deepEqual(parseSubnet(formatSubnet(value)), value)));
});

test('CR11 a subnet holds exactly the addresses from its base to its broadcast address', () => {
  fc.assert(
    fc.property(subnet, address, (net, value) => {
      assert.equal(containsAddress(net, value), formatSubnet(subnetOf(value, net.prefix)) === formatSubnet(net));
      if (isUsable(net, value)) assert.ok(value !== net.base && value !== broadcastOf(net) && containsAddress(net, value));
    }),
  );
});

test('CR11 two subnets overlap exactly where one holds the base of the other', () => {
  fc.assert(
    fc.property(subnet, subnet, (one, other) => {
      assert.equal(overlaps(one, other), containsAddress(one, other.base) || containsAddress(other, one.base));
      assert.equal(overlaps(one, other), overlaps(other, one));
    }),
  );
});

test('CR11 a subnet has two addresses less than its size', () => {
  assert.equal(usableAddresses({ base: 0, prefix: 29 }), 6);
  assert.equal(usableAddresses({ base: 0, prefix: 24 }), 254);
  assert.equal(usableAddresses({ base: 0, prefix: 32 }), 0);
});

test('CR11 what is no address or subnet is refused', () => {
  for (const text of ['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.+4', ' 1.2.3.4', '1.2.3.4\n', '0x1.2.3.4']) {
    assert.equal(parseAddress(text), null, text);
  }
  for (const text of ['1.2.3.4', '1.2.3.4/33', '1.2.3.4/08', '1.2.3.4/', '1.2.3/8', '1.2.3.4/8/8', '::/8', '1.2.3.4/8\n']) {
    assert.equal(parseSubnet(text), null, text);
  }
});
