import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { context, normalise } from '../../../test/support/slice-text.ts';
import { storedImages } from '../../../test/support/stored-images.ts';
import { anywhere } from '../placement/placement.ts';
import { readSliceFile } from './document.ts';
import { normaliseSlice } from './normalise.ts';

const example = (name: string): string => readFileSync(new URL(`../../../examples/${name}.yaml`, import.meta.url), 'utf8');

test('CR9 the example of two VMs means what it says', () => {
  const spec = normalise(example('hello'));
  assert.deepEqual(spec.networks, [
    { name: 'lan', cidr: '192.168.50.0/24', internet: true, dhcp: true, gateway: '192.168.50.1', link: false, impairment: null },
    { name: 'wire', cidr: '192.168.1.0/24', internet: false, dhcp: true, gateway: '192.168.1.1', link: true, impairment: null },
  ]);
  const [web, db] = spec.vms;
  assert.match(web?.userData ?? '', /^#!\/bin\/sh\n/);
  assert.deepEqual({ ...web, userData: null }, { ...db, name: 'web' });
  assert.deepEqual(db, {
    name: 'db',
    image: 'micro',
    cpus: 1,
    memory: 256 * 1024 ** 2,
    disk: null,
    nics: [
      { name: 'eth0', network: 'lan', model: 'virtio', address: null, mac: null },
      { name: 'eth1', network: 'wire', model: 'virtio', address: null, mac: null },
    ],
    restart: 'on-failure',
    userData: null,
    sshKeys: [],
    volumes: [],
    firmware: null,
    cloudConfig: null,
    bootOrder: null,
    placement: anywhere,
  });
});

test('CR9 the example of a ring joins four VMs, and its own fields win over the template', () => {
  const spec = normalise(example('ring'));
  assert.deepEqual(
    spec.vms.map((vm) => [vm.name, vm.memory / 1024 ** 2, ...vm.nics.map((nic) => nic.network)]),
    [
      ['vm1', 256, 'link1-2', 'link4-1', 'lan'],
      ['vm2', 128, 'link1-2', 'link2-3', 'lan'],
      ['vm3', 128, 'link2-3', 'link3-4', 'lan'],
      ['vm4', 128, 'link3-4', 'link4-1', 'lan'],
    ],
  );
  assert.equal(spec.networks.filter((network) => network.link).length, 4);
});

test('CR9 raising a count only adds VMs', () => {
  const counted = (count: number) => normalise(`{slice: a, vms: {db: {image: micro, count: ${count}}, web: {image: micro}}}`).vms;
  assert.deepEqual(
    counted(3).map((vm) => vm.name),
    ['db', 'db-2', 'db-3', 'web'],
  );
  assert.deepEqual(
    counted(3).filter((vm) => !['db-2', 'db-3'].includes(vm.name)),
    counted(1),
  );
});

test('CR9 sizes come from the flavor, then from the VM; a VM that names a flavor means its sizes', () => {
  const spec = normalise(`
slice: a
template: { image: micro, cpus: 3, memory: 1GiB }
vms:
  plain: {}
  large: { flavor: large }
  some: { flavor: medium, memory: 512M, disk: 20GB }`);
  assert.deepEqual(
    spec.vms.map((vm) => [vm.name, vm.cpus, vm.memory / 1024 ** 2, vm.disk]),
    [
      ['plain', 3, 1024, null],
      ['large', 4, 4096, null],
      ['some', 2, 512, 20e9],
    ],
  );
});

test('SC7 a VM whose image has a size means that size, not those of the template', () => {
  const sizes = new Map([['huge', { name: 'huge', cpus: 8, memory: 8 * 1024 ** 3, disk: null }]]);
  const images = storedImages('micro');
  const { file } = readSliceFile(`
slice: a
template: { image: micro, flavor: medium, cpus: 3 }
vms:
  labelled: { image: "micro:huge" }
  plain: {}
  some: { image: "micro:huge", memory: 1GiB }`);
  const spec = normaliseSlice(file, { ...context, images: { ...images, map: { ...images.map, sizes } } });
  assert.deepEqual(
    spec.vms.map((vm) => [vm.name, vm.cpus, vm.memory / 1024 ** 3]),
    [
      ['labelled', 8, 8],
      ['plain', 3, 2],
      ['some', 8, 1],
    ],
  );
});

test('CR11 a network without a subnet keeps the one it has when the slice is edited', () => {
  const before = normalise('{slice: a, networks: {one: {}, two: {}}}');
  assert.deepEqual(
    before.networks.map((network) => network.cidr),
    ['192.168.1.0/24', '192.168.2.0/24'],
  );
  const after = normalise('{slice: a, networks: {zero: {}, two: {}, three: {}, given: {cidr: 192.168.3.0/24}}}', before);
  assert.deepEqual(Object.fromEntries(after.networks.map((network) => [network.name, network.cidr])), {
    zero: '192.168.1.0/24',
    two: '192.168.2.0/24',
    three: '192.168.4.0/24',
    given: '192.168.3.0/24',
  });
});

test('CR11 a link adds the next NIC to its VMs', () => {
  const spec = normalise(
    '{slice: a, networks: {lan: {}, w: {link: [x.eth1, y.eth0]}, v: {link: [x.eth2, y.eth1]}}, vms: {x: {image: micro, nics: [lan]}, y: {image: micro}}}',
  );
  assert.deepEqual(
    spec.vms.map((vm) => vm.nics.map((nic) => `${nic.name} ${nic.network}`)),
    [
      ['eth0 lan', 'eth1 w', 'eth2 v'],
      ['eth0 w', 'eth1 v'],
    ],
  );
});
