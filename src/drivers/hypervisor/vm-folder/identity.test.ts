import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newIdentifier } from '../../../model/identifier.ts';
import type { NodeLayout } from '../driver.ts';
import { processName, vmFolders, vmUserId } from './identity.ts';

const layout: NodeLayout = {
  controllerId: 'c',
  stateFolder: '/var/lib/croft/node/c',
  runFolder: '/run/croft/c',
  bridge: 'b',
  uplink: null,
};

test('CR6 each VM has a user of its own, stable and above all accounts', () => {
  const ids = Array.from({ length: 500 }, newIdentifier);
  const users = ids.map(vmUserId);
  assert.equal(new Set(users).size, 500);
  assert.deepEqual(users, ids.map(vmUserId));
  assert.ok(users.every((user) => user >= 0x70000000 && user < 0x78000000));
});

test('CR6 sockets have paths that fit into an address of 108 bytes', () => {
  const { serial } = vmFolders({ ...layout, runFolder: `/run/a-folder-that-is-rather-long/${'c'.repeat(8)}` }, newIdentifier());
  assert.ok(serial.length < 108, serial);
});

test('CR17 what is no identifier never becomes a path', () => {
  for (const wrong of ['', '..', 'a/../../etc/passwd', '$(reboot)aaaaaaa', 'A'.repeat(16), 'a'.repeat(17)]) {
    assert.throws(() => vmFolders(layout, wrong), { code: 'internal' });
  }
});

test('CR7 the process name of one VM is never the beginning of another one', () => {
  assert.ok(!processName('aaaaaaaaaaaaaaa2').startsWith(processName('aaaaaaaaaaaaaaa')));
});
