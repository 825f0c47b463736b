import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeOvs, labelWords, ovsFailure, parseOvsListing } from './ovs-vsctl.ts';

const listing = [
  '{"data":[["br0","netdev",["map",[["croft-controller","2abc"]]],["set",[["uuid","p1"],["uuid","p2"]]]],["br1","",["map",[]],["uuid","p3"]]],"headings":["name","datapath_type","external_ids","ports"]}',
  '{"data":[[["uuid","p1"],"ct1",5,["map",[["a","b"]]],["uuid","i1"]],[["uuid","p2"],"br0",["set",[]],["map",[]],["set",[["uuid","i2"],["uuid","i3"]]]]],"headings":["_uuid","name","tag","external_ids","interfaces"]}',
  '{"data":[[["uuid","i1"],"ct1",1,["set",[]]],[["uuid","i2"],"br0",-1,"could not open network device"]],"headings":["_uuid","name","ofport","error"]}',
].join('\n');

test('CR5 the listing of Open vSwitch is read with its sets of none, one and several', () => {
  const { bridges, ports, interfaces } = parseOvsListing(listing);
  assert.deepEqual(bridges, [
    { name: 'br0', datapath: 'netdev', labels: { 'croft-controller': '2abc' }, ports: ['p1', 'p2'] },
    { name: 'br1', datapath: '', labels: {}, ports: ['p3'] },
  ]);
  assert.deepEqual(ports, [
    { uuid: 'p1', name: 'ct1', tag: 5, labels: { a: 'b' }, interfaces: ['i1'] },
    { uuid: 'p2', name: 'br0', tag: null, labels: {}, interfaces: ['i2', 'i3'] },
  ]);
  assert.deepEqual(interfaces[1], { uuid: 'i2', name: 'br0', ofport: -1, error: 'could not open network device' });
  assert.deepEqual(parseOvsListing(''), { bridges: [], ports: [], interfaces: [] });
});

test('CR5 several changes are one transaction, and a failure tells what ovs-vsctl said', () => {
  const call = changeOvs('network.port', 'port ct1 could not be made', [
    ['add-port', 'br0', 'ct1'],
    ['set', 'Port', 'ct1', ...labelWords({ a: '2b' })],
  ]);
  assert.deepEqual(call.command.argv.slice(2), ['--', 'add-port', 'br0', 'ct1', '--', 'set', 'Port', 'ct1', 'external_ids:a="2b"']);
  assert.throws(() => call.parse({ code: 1, stdout: '', stderr: 'no bridge named br0\n' }), {
    code: 'network.port',
    message: 'port ct1 could not be made: ovs-vsctl said: no bridge named br0',
  });
});

test('CR5 a missing and a silent Open vSwitch have different errors', () => {
  assert.match(ovsFailure({ code: 127, stdout: '', stderr: '' })?.message ?? '', /not installed/);
  assert.match(ovsFailure({ code: 142, stdout: '', stderr: '' })?.message ?? '', /does not answer/);
  assert.equal(ovsFailure({ code: 1, stdout: '', stderr: '' }), null);
});
