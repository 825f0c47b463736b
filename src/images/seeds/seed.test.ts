import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { port } from '../../../test/support/vm.ts';
import { CroftError } from '../../model/error.ts';
import { type SeedSource, seedFiles } from './seed.ts';

const source: SeedSource = {
  id: 'abcdefghijklmnop',
  hostname: 'web',
  ...{ userData: null, cloudConfig: null },
  sshKeys: ['ssh-ed25519 AAAA someone: "quoted" # and more'],
  ports: [port({ address: '192.168.50.2', mac: '02:00:00:00:00:0A' }), port({ address: '192.168.50.2', mac: '02:00:00:00:00:0b' })],
};

test('SC10 meta-data names the instance, the host and its keys', () => {
  assert.deepEqual(parse(seedFiles(source)['meta-data']), {
    'instance-id': source.id,
    'local-hostname': 'web',
    'public-keys': source.sshKeys,
  });
});

test('SC10 a key stays on one line, quoted, however long it is', () => {
  const key = `ssh-rsa ${'A'.repeat(700)} ${'word '.repeat(30)}end`;
  assert.match(seedFiles({ ...source, sshKeys: [key] })['meta-data'], new RegExp(`^  - "${key}"$`, 'm'));
});

test('SC10 user-data of the user is passed as it is, without it the keys are', () => {
  assert.equal(seedFiles({ ...source, userData: '#!/bin/sh\nprintf "%s" \'$x\'\n' })['user-data'], '#!/bin/sh\nprintf "%s" \'$x\'\n');
  const own = seedFiles(source)['user-data'];
  assert.match(own, /^#cloud-config\n/);
  assert.deepEqual(parse(own), { ssh_authorized_keys: source.sshKeys });
});

test('SC10 network-config matches each NIC by MAC, names it by position and lets the first lead', () => {
  const config = parse(seedFiles(source)['network-config']);
  assert.equal(config.version, 2);
  assert.deepEqual(config.ethernets.eth0, {
    match: { macaddress: '02:00:00:00:00:0a' },
    'set-name': 'eth0',
    dhcp4: true,
    'dhcp-identifier': 'mac',
    'dhcp4-overrides': { 'route-metric': 100 },
  });
  assert.equal(config.ethernets.eth1.match.macaddress, '02:00:00:00:00:0b');
  assert.equal(config.ethernets.eth1.optional, true);
});

test('SC10 a VM without NICs and without keys has a seed too', () => {
  const files = seedFiles({ ...source, ports: [], sshKeys: [] });
  assert.deepEqual(parse(files['network-config']), { version: 2, ethernets: {} });
  assert.deepEqual(parse(files['meta-data'])['public-keys'], []);
});

test('SC10 user-data over the limit is refused', () => {
  assert.throws(
    () => seedFiles({ ...source, userData: `#!/bin/sh\n${'é'.repeat(600_000)}` }),
    (error) => error instanceof CroftError && error.code === 'input.invalid' && error.message.includes('web'),
  );
});
