import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetworkState } from './state.ts';

const folder = '/run/croft/abcd2345/routers';
const output = `
@@ ovs
{"data":[["br0","netdev",["map",[]],["set",[]]]],"headings":["name","datapath_type","external_ids","ports"]}

@@ flows
NXST_FLOW reply (xid=0x4):
 cookie=0x1f, priority=10,in_port=3 actions=NORMAL
 cookie=0x0, priority=10,in_port=LOCAL actions=NORMAL

@@ links
[{"ifname":"ct1","flags":["BROADCAST","UP"],"ifalias":"croft:abcd2345:port:a:b","linkinfo":{"info_kind":"tun","info_data":{"user":1879048193}},"addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":30},{"family":"inet6","local":"fe80::1","prefixlen":64}]},{}]

@@ queues
[{"kind":"tbf","handle":"4001:","dev":"ct1","root":true},{"kind":"noqueue","handle":"0:","dev":"lo","root":true}]

@@ tables
table inet filter
table ip croft_abcd2345_slice2

@@ forwarding
1

@@ files
${folder}/slice2/net2/leases:1795185170 02:00:00:00:00:0a 10.77.0.10 web *
${folder}/slice2/net2/leases:duid 00:01
/etc/passwd:root

@@ processes
/proc/12/cmdline:dnsmasq --conf-file=${folder}/slice2/net2/dnsmasq.conf 
/proc/self/cmdline:sh

@@ resolver
nameserver 127.0.0.53
nameserver 192.0.2.1
nameserver 2001:db8::1
search example

@@ namespace croft-abcd2345-slice2
[{"ifname":"lo","flags":["UP"]}]
[{"dst":"default","gateway":"10.78.0.1"}]
1
table ip croft_abcd2345_slice2

@@ namespace croft-abcd2345-stale2

@@ namespace croft-other234-slice2
[]
`;

test('CR17 the state of a node is read, and what is foreign or malformed passed over', () => {
  const state = parseNetworkState(output, 'abcd2345', folder);
  assert.deepEqual(state.flows, [
    { cookie: 0x1fn, port: 3 },
    { cookie: 0n, port: null },
  ]);
  assert.deepEqual(state.links, [
    { name: 'ct1', alias: 'croft:abcd2345:port:a:b', up: true, kind: 'tun', user: 1879048193, addresses: ['10.0.0.1/30'] },
  ]);
  assert.deepEqual([...state.queues], [['ct1', 'tbf 4001:']]);
  assert.deepEqual(state.tables, ['inet filter', 'ip croft_abcd2345_slice2']);
  assert.equal(state.forwarding, true);
  assert.deepEqual([...state.files.keys()], ['slice2/net2/leases']);
  assert.deepEqual([...state.processes], [[12, `dnsmasq --conf-file=${folder}/slice2/net2/dnsmasq.conf`]]);
  assert.deepEqual(state.nameServers, ['192.0.2.1']);
  assert.deepEqual([...state.namespaces.keys()], ['slice2', 'stale2']);
  assert.equal(state.namespaces.get('slice2')?.defaultGateway, '10.78.0.1');
  assert.deepEqual(state.namespaces.get('slice2')?.tables, ['ip croft_abcd2345_slice2']);
  assert.equal(state.namespaces.get('stale2')?.alive, false);
});

test('CR17 a node without Open vSwitch reads as empty', () => {
  const state = parseNetworkState('', 'abcd2345', folder);
  assert.deepEqual(state.ovs, { bridges: [], ports: [], interfaces: [] });
  assert.equal(state.namespaces.size, 0);
});
