import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsmasqSettings, parseLeases } from './dnsmasq.ts';

const settings = {
  folder: '/run/croft/a/routers/s/n',
  interfaceName: 'cgabc',
  gateway: '10.77.0.1',
  network: '10.77.0.0',
  netmask: '255.255.255.0',
  dhcp: true,
  route: true,
  servers: ['192.0.2.1'],
};

test('CR11 a network with internet has a route and upstream servers, one without has neither', () => {
  const open = dnsmasqSettings(settings).split('\n');
  assert.ok(open.includes('dhcp-option=option:router,10.77.0.1') && open.includes('server=192.0.2.1'));
  const closed = dnsmasqSettings({ ...settings, route: false, servers: [] }).split('\n');
  assert.ok(closed.includes('dhcp-option=option:router') && !closed.some((line) => line.startsWith('server=')));
  assert.ok(!dnsmasqSettings({ ...settings, dhcp: false }).includes('dhcp'));
});

test('CR11 leases are read in ms, other lines passed over', () => {
  const text = '1795185170 02:00:00:00:00:0a 10.77.0.10 web 01:02\nduid 00:01:00\nrubbish\n';
  assert.deepEqual(parseLeases(text), [{ mac: '02:00:00:00:00:0a', address: '10.77.0.10', expiresAt: 1_795_185_170_000 }]);
});
