import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkSpec } from '../../../test/support/network.ts';
import { nicSpec, vmSpec } from '../../../test/support/vm.ts';
import { usualPlacement } from '../placement/placement.ts';
import { capabilities } from '../vm/capability.ts';
import type { VmSituation } from '../vm/situation.ts';
import type { SliceChange, VmChange } from './change.ts';
import { describeChange } from './change-words.ts';
import { diffSlice, isEmptyChange } from './diff.ts';
import type { SliceSpec, VmSpec } from './slice.ts';

const mebibyte = 1024 ** 2;
const nic = (network: string, index = 0) => nicSpec(network, { name: `eth${index}` });
const lan = networkSpec();
const web = vmSpec({ nics: [nic('lan')] });
const slice: SliceSpec = {
  placement: usualPlacement,
  name: 'a',
  networks: [lan],
  vms: [web],
};

function changedVm(fields: Partial<VmSpec>, from: Partial<VmSpec> = {}): SliceChange {
  return diffSlice({ ...slice, vms: [{ ...web, ...from }] }, { ...slice, vms: [{ ...web, ...from, ...fields }] }, 1);
}

test('CR9 a new slice is a change even where it is empty', () => {
  assert.equal(isEmptyChange(diffSlice(null, { name: 'a', placement: usualPlacement, networks: [], vms: [] }, null)), false);
});

const effects: [string, Partial<VmSpec>, VmChange['kind'], string, Partial<VmSpec>?][] = [
  ['restart policy', { restart: 'always' }, 'update', '~ vm web: restart on-failure → always'],
  ['CPUs', { cpus: 2 }, 'restart', '~ vm web: cpus 1 → 2 (restart)'],
  ['memory', { memory: 512 * mebibyte }, 'restart', '~ vm web: memory 256MiB → 512MiB (restart)'],
  ['a disk that grows', { disk: 2048 * mebibyte }, 'restart', '~ vm web: disk none → 2GiB (restart)'],
  [
    'a disk that shrinks',
    { disk: mebibyte },
    'recreate',
    '-/+ vm web: disk 2MiB → 1MiB (recreated, its disk is lost)',
    { disk: 2 * mebibyte },
  ],
  ['the image', { image: 'b' }, 'recreate', '-/+ vm web: image micro → b (recreated, its disk is lost)'],
  ['one NIC more', { nics: [nic('lan'), nic('wire', 1)] }, 'restart', '~ vm web: nics none → eth1 wire (restart)'],
  ['no NIC', { nics: [] }, 'restart', '~ vm web: nics eth0 lan → none (restart)'],
  [
    "a NIC's address",
    { nics: [{ ...nic('lan'), address: '10.0.0.9' }] },
    'restart',
    '~ vm web: nics eth0 lan → eth0 lan 10.0.0.9 (restart)',
  ],
  [
    'image and restart policy',
    { image: 'b', restart: 'never' },
    'recreate',
    '-/+ vm web: image micro → b, restart on-failure → never (recreated, its disk is lost)',
  ],
];

for (const [what, fields, kind, line, from] of effects) {
  test(`CR9 a change of ${what} means ${kind}`, () => {
    const change = changedVm(fields, from);
    assert.deepEqual(
      change.vms.map((vm) => vm.kind),
      [kind],
    );
    assert.deepEqual(describeChange(change), [line]);
  });
}

test('CR9 changed user-data and keys restart, and their content is not shown', () => {
  const change = changedVm({ userData: '#!/bin/sh\necho secret', sshKeys: ['ssh-ed25519 secret'] });
  assert.equal(change.vms[0]?.kind, 'restart');
  assert.doesNotMatch(describeChange(change).join(), /secret/);
});

test('CR11 a network that gets another subnet restarts the VMs in it, and no others', () => {
  const db: VmSpec = { ...web, name: 'db', nics: [] };
  const current = { ...slice, vms: [web, db] };
  const moved = diffSlice(current, { ...current, networks: [{ ...lan, cidr: '10.9.0.0/24', gateway: '10.9.0.1' }] }, 1);
  assert.deepEqual(describeChange(moved), [
    '~ network lan: cidr 10.0.0.0/24 → 10.9.0.0/24, gateway 10.0.0.1 → 10.9.0.1',
    '~ vm web: nics eth0 lan in 10.0.0.0/24 → eth0 lan in 10.9.0.0/24 (restart)',
  ]);
  const opened = diffSlice(current, { ...current, networks: [{ ...lan, internet: true }] }, 1);
  assert.deepEqual(describeChange(opened), ['~ network lan: internet false → true']);
});

test('CR9 the order of VMs is no difference', () => {
  const vms = [web, { ...web, name: 'db' }];
  assert.ok(isEmptyChange(diffSlice({ ...slice, vms }, { ...slice, vms: vms.toReversed() }, 1)));
});

test('CR9 what is made and removed is said in one line each', () => {
  assert.deepEqual(describeChange(diffSlice(null, slice, null)), [
    '+ network lan: 10.0.0.0/24',
    '+ vm web: image micro, 1 CPU, 256MiB, lan',
  ]);
  assert.deepEqual(describeChange(diffSlice(slice, { name: 'a', placement: usualPlacement, networks: [], vms: [] }, 1)), [
    '- network lan',
    '- vm web (its disk is lost)',
  ]);
});

test('CR11 a changed impairment is an update of its network that restarts no VM', () => {
  const slow = { delay: 20_000, jitter: 5000, loss: 0.5, rate: 10e6 };
  const impaired = { ...slice, networks: [{ ...lan, impairment: slow }] };
  assert.deepEqual(describeChange(diffSlice(slice, impaired, 1)), [
    '~ network lan: impairment none → delay 20ms, jitter 5ms, loss 0.5%, rate 10Mbit',
  ]);
  const lossless = { ...slice, networks: [{ ...lan, impairment: { ...slow, delay: null, jitter: null, loss: null } }] };
  assert.deepEqual(describeChange(diffSlice(impaired, lossless, 1)), [
    '~ network lan: impairment delay 20ms, jitter 5ms, loss 0.5%, rate 10Mbit → rate 10Mbit',
  ]);
  assert.equal(describeChange(diffSlice(null, lossless, null))[0], '+ network lan: 10.0.0.0/24, rate 10Mbit');
});

const situation = (rest: Partial<VmSituation>): VmSituation => ({ state: 'running', can: new Set(), cdRoms: new Set(['tools']), ...rest });

function linesIn(now: VmSituation, fields: Partial<VmSpec>, from: Partial<VmSpec> = {}): string[] {
  const before = { ...slice, vms: [{ ...web, ...from }] };
  return describeChange(diffSlice(before, { ...slice, vms: [{ ...web, ...from, ...fields }] }, 1, () => now));
}

const volume = (name: string, image: string | null = null) => ({ name, image, size: image === null ? mebibyte : null });

test('SC11 the plan says of each change whether it is made while the VM runs, or waits for the next start', () => {
  const qemu = situation({ can: new Set(['hotplug-nic', 'hotplug-volume', 'live-disk']) });
  const wider: Partial<VmSpec> = { cpus: 2, nics: [nic('lan'), nic('wire', 1)], volumes: [volume('data')], restart: 'always' };
  assert.deepEqual(linesIn(qemu, wider), [
    '~ vm web: cpus 1 → 2 (at its next start), restart on-failure → always, volumes none → data 1MiB (while it runs), nics none → eth1 wire (while it runs)',
  ]);
  assert.deepEqual(linesIn(qemu, { volumes: [] }, { volumes: [volume('data')] }), [
    '~ vm web: volumes data 1MiB → none (its data is lost) (while it runs)',
  ]);
  assert.deepEqual(linesIn(situation({ can: new Set(capabilities) }), { memory: mebibyte }), [
    '~ vm web: memory 256MiB → 1MiB (while it runs if its guest allows it, else at its next start)',
  ]);
  assert.deepEqual(linesIn(situation({}), { disk: mebibyte }), ['~ vm web: disk none → 1MiB (at its next start)']);
});

test('SC11 a hypervisor that cannot, a CD-ROM, another order and what the seed holds restart the VM, and then all comes with that', () => {
  const all = situation({ can: new Set(capabilities) });
  assert.deepEqual(linesIn(situation({}), { nics: [] }), ['~ vm web: nics eth0 lan → none (restart)']);
  assert.deepEqual(linesIn(all, { volumes: [volume('cd', 'tools')] }), ['~ vm web: volumes none → cd of image tools (restart)']);
  assert.deepEqual(linesIn(all, { nics: [nic('b', 1), nic('lan')] }, { nics: [nic('lan'), nic('b', 1)] }), [
    '~ vm web: nics eth0, eth1 → eth1, eth0 (restart)',
  ]);
  assert.deepEqual(linesIn(all, { cpus: 2, firmware: 'uefi' }), ['~ vm web: cpus 1 → 2, firmware none → uefi (restart)']);
});

test('SC11 of a VM that does not run nothing is said but that it changes', () => {
  const rests = situation({ state: 'at-rest', can: new Set(capabilities) });
  assert.deepEqual(linesIn(rests, { cpus: 2, firmware: 'uefi', nics: [] }), [
    '~ vm web: cpus 1 → 2, firmware none → uefi, nics eth0 lan → none',
  ]);
  assert.match(linesIn(rests, { image: 'b' })[0] ?? '', /recreated/);
});
