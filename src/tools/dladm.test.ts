import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLinks } from './dladm.ts';

const output = String.raw`links
e1000g0:phys
ct_a_b_0:vnic
odd\:name0:misc
vnics
ct_a_b_0:e1000g0:2\:8\:20\:f\:0\:a:2001
plain0:e1000g0:2\:8\:20\:aa\:bb\:cc:
properties
e1000g0:protection:--
e1000g0:allowed-ips:
ct_a_b_0:protection:restricted,mac-nospoof
ct_a_b_0:allowed-ips:10.0.0.2/32
`;

test('SC11 links are read with their VLAN, a MAC of two digits for each byte, and what is protected of them', () => {
  const { classes, vnics } = readLinks(output);
  assert.deepEqual(Object.fromEntries(classes), { e1000g0: 'phys', ct_a_b_0: 'vnic', 'odd:name0': 'misc' });
  assert.deepEqual(vnics, [
    {
      ...{ name: 'ct_a_b_0', over: 'e1000g0', mac: '02:08:20:0f:00:0a', vlan: 2001 },
      ...{ protection: ['mac-nospoof', 'restricted'], allowedAddresses: ['10.0.0.2/32'] },
    },
    { name: 'plain0', over: 'e1000g0', mac: '02:08:20:aa:bb:cc', vlan: 0, protection: [], allowedAddresses: [] },
  ]);
});

test('SC11 a node without links, or a dladm that says nothing, reads as empty', () => {
  for (const text of ['', 'links\nvnics\nproperties\n']) {
    const { classes, vnics } = readLinks(text);
    assert.deepEqual([classes.size, vnics], [0, []]);
  }
});
