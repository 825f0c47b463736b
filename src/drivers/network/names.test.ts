import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  etherstubName,
  gatewayMac,
  gatewayName,
  type InterfaceLabel,
  interfaceAlias,
  namespaceName,
  nicOfVnic,
  readInterfaceAlias,
  routerPortName,
  sliceOfName,
  sliceTableName,
  tapName,
  transitName,
  vnicName,
} from './names.ts';

test('CR17 interface names fit into 15 bytes and are never text of users', () => {
  for (const make of [tapName, routerPortName, gatewayName, transitName]) {
    assert.match(make('abcdefghijklmnop'), /^c[trgx][a-z2-7]{12}$/);
    assert.match(make('a$(reboot)'), /^c[trgx][a-z2-7]{12}$/);
  }
  assert.notEqual(tapName('vm1'), tapName('vm10'));
});

test('CR17 namespaces and tables tell their slice, and only to their controller', () => {
  for (const make of [namespaceName, sliceTableName]) {
    assert.equal(sliceOfName('abcd2345', make('abcd2345', 'slice2345abcdefg')), 'slice2345abcdefg');
    assert.equal(sliceOfName('other234', make('abcd2345', 'slice2345abcdefg')), null);
  }
  for (const foreign of ['croft', 'croft_abcd2345', 'croft-abcd2345_x', 'docker0', ''])
    assert.equal(sliceOfName('abcd2345', foreign), null);
});

test('CR17 an alias is read back to what it labels, a foreign one is not', () => {
  const labels: InterfaceLabel[] = [
    { kind: 'port', vmId: 'vm2', nicId: 'nic2' },
    { kind: 'router', sliceId: 'slice2', networkId: 'network2' },
    { kind: 'transit', sliceId: 'slice2' },
  ];
  for (const label of labels) {
    assert.deepEqual(readInterfaceAlias('abcd2345', interfaceAlias('abcd2345', label)), label);
    assert.equal(readInterfaceAlias('other234', interfaceAlias('abcd2345', label)), null);
  }
  for (const foreign of [
    '',
    'uplink',
    'croft:abcd2345',
    'croft:abcd2345:port:vm',
    'croft:abcd2345:lamp:a:b',
    'croft:abcd2345:port:a:b:c',
  ]) {
    assert.equal(readInterfaceAlias('abcd2345', foreign), null, foreign);
  }
});

test('SC11 names of links end as illumos wants them, fit, and tell their NIC, and only to their controller', () => {
  const [controller, nic] = ['abcd2345', 'nic2345abcdefghi'];
  for (const name of [vnicName(controller, nic), etherstubName(controller)]) assert.match(name, /^[a-z]\w{0,28}_0$/);
  assert.equal(nicOfVnic(controller, vnicName(controller, nic)), nic);
  for (const foreign of [
    vnicName('other234', nic),
    `ct_${controller}_0`,
    `ct_${controller}_${nic}_01`,
    'net0',
    etherstubName(controller),
  ]) {
    assert.equal(nicOfVnic(controller, foreign), null, foreign);
  }
});

test('CR5 the MAC of a gateway is stable, local and of one station', () => {
  assert.match(gatewayMac('network2'), /^0a(:[0-9a-f]{2}){5}$/);
  assert.equal(gatewayMac('network2'), gatewayMac('network2'));
});
