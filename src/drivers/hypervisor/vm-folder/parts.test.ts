import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryOfAnother, otherParts, type VmParts } from './parts.ts';

const plain: VmParts = { cpus: 1, memory: 2 ** 26, firmware: 'bios', nics: [{ id: 'n1', mac: '02:01', model: 'virtio' }], volumes: [] };

test('SC11 the parts in which a VM differs from what its memory was taken of are named, and how it comes to have them again', () => {
  assert.deepEqual(otherParts(plain, plain), []);
  const other = {
    ...{ cpus: 2, memory: 2 ** 27, firmware: 'uefi' },
    nics: [{ id: 'n1', mac: '02:01', model: 'e1000' }],
    volumes: [{ id: 'v1', name: 'data' }],
  };
  const differences = otherParts(plain, other);
  assert.deepEqual(differences, [
    'CPUs 1, now 2',
    'memory 64MiB, now 128MiB',
    'firmware bios, now uefi',
    'with virtio NIC 02:01, now without',
    'without e1000 NIC 02:01, now with it',
    'without volume data, now with it',
  ]);
  const { code, message, hint } = memoryOfAnother('m', differences.slice(0, 2));
  assert.equal(code, 'conflict.changed');
  assert.equal(message, 'snapshot m has memory of the VM with other parts: CPUs 1, now 2; memory 64MiB, now 128MiB');
  assert.match(hint ?? '', /again in its slice/);
});
