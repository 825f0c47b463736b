import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { storedImages } from '../../../test/support/stored-images.ts';
import { CroftError, type InputIssue } from '../error.ts';
import { gibibyte, initialFlavors } from '../vm/flavor.ts';
import { describeChange } from './change-words.ts';
import { diffSlice } from './diff.ts';
import { readSliceFile } from './document.ts';
import { exportSlice } from './export.ts';
import { normaliseSlice } from './normalise.ts';
import type { SliceSpec } from './slice.ts';

function normalise(text: string): SliceSpec {
  const { file, locate } = readSliceFile(text);
  const images = { ...storedImages('micro', 'debian', 'tools', 'more', 'extra'), cdRoms: new Set(['tools', 'more', 'extra']) };
  return normaliseSlice(file, { flavors: initialFlavors, images, previous: null, reserved: '100.64.0.0/10', locate });
}

const sliceOf = (...lines: string[]) => `slice: s\nvms:\n  web:\n    image: micro\n${lines.map((line) => `    ${line}\n`).join('')}`;

function issuesOf(...lines: string[]): readonly InputIssue[] {
  try {
    normalise(sliceOf(...lines));
  } catch (thrown) {
    assert.ok(thrown instanceof CroftError, String(thrown));
    return thrown.issues;
  }
  return assert.fail(`no error for ${lines.join('\n')}`);
}

function assertIssue(lines: string[], path: string, message: RegExp): void {
  const [issue, ...more] = issuesOf(...lines);
  assert.deepEqual(more, []);
  assert.equal(issue?.path, path);
  assert.match(issue?.message ?? '', message);
  assert.ok((issue?.line ?? 0) > 3, 'has its place');
}

const changeOf = (before: string[], after: string[]) => {
  const { vms, ...rest } = diffSlice(normalise(sliceOf(...before)), normalise(sliceOf(...after)), 1);
  const [vm] = vms;
  return { kind: vm?.kind, changes: vm !== undefined && 'changes' in vm ? vm.changes : [], lines: describeChange({ ...rest, vms }) };
};

test('MH8 a volume is empty with a size, or an image with or without one', () => {
  const spec = normalise(
    sliceOf(
      'volumes:',
      '- { name: data, size: 10GiB }',
      '- { name: base, image: debian }',
      '- { name: big, image: debian, size: 20GiB }',
      '- { name: cd, image: tools }',
    ),
  );
  assert.deepEqual(spec.vms[0]?.volumes, [
    { name: 'data', image: null, size: 10 * gibibyte },
    { name: 'base', image: 'debian', size: null },
    { name: 'big', image: 'debian', size: 20 * gibibyte },
    { name: 'cd', image: 'tools', size: null },
  ]);
  assert.deepEqual(normalise(exportSlice(spec)), spec);
});

test('MH8 the example of volumes means what it says', () => {
  const [vm] = normalise(readFileSync(new URL('../../../examples/volumes.yaml', import.meta.url), 'utf8')).vms;
  assert.deepEqual(
    vm?.volumes.map(({ name }) => name),
    ['data', 'base'],
  );
  assert.equal(vm?.firmware, 'uefi');
  assert.match(vm?.cloudConfig ?? '', /^#cloud-config\n/);
});

test('MH8 a volume that cannot be is refused at its place', () => {
  assertIssue(['volumes: [{ name: data }]'], 'vms.web.volumes.0', /a size, or an image/);
  assertIssue(['volumes: [{ name: data, size: 1KiB }]'], 'vms.web.volumes.0.size', /not between 1MiB and 64TiB/);
  assertIssue(['volumes: [{ name: data, size: 1GiB }, { name: data, size: 1GiB }]'], 'vms.web.volumes.1.name', /unique/);
  assertIssue(['volumes: [{ name: a-name-of-more-than-20, size: 1GiB }]'], 'vms.web.volumes.0.name', /at most 20/);
  assertIssue(['volumes: [{ name: data, image: micr }]'], 'vms.web.volumes.0.image', /did you mean micro/);
  assertIssue(['volumes: [{ name: cd, image: tools, size: 1GiB }]'], 'vms.web.volumes.0.size', /a CD-ROM has no size/);
  const cdRoms = ['tools', 'more', 'extra'].map((name) => `{ name: ${name}, image: ${name} }`);
  assertIssue([`volumes: [${cdRoms.join(', ')}]`], 'vms.web.volumes.2.image', /at most 2 volumes that are CD-ROMs/);
  const many = Array.from({ length: 9 }, (_, index) => `{ name: v${index}, size: 1GiB }`);
  assertIssue([`volumes: [${many.join(', ')}]`], 'vms.web.volumes', /at most 8/);
  assertIssue(['volumes: [{ name: data, sise: 1GiB }]'], 'vms.web.volumes.0.sise', /did you mean size/);
});

test('SC10 a VM of an ISO image needs a disk to be installed on', () => {
  const text = (disk: string) => `slice: s\nvms:\n  web:\n    image: tools\n    cpus: 1\n    memory: 1GiB\n${disk}`;
  assert.equal(normalise(text('    disk: 4GiB\n')).vms[0]?.disk, 4 * gibibyte);
  assert.throws(() => normalise(text('')), { code: 'input.invalid', message: /tools of VM web is a CD-ROM: give the disk/ });
});

test('MH8 a volume that is added or grows needs a restart and loses nothing', () => {
  const added = changeOf([], ['volumes: [{ name: data, size: 1GiB }]']);
  assert.deepEqual([added.kind, added.changes], ['restart', [{ field: 'volumes', from: null, to: 'data 1GiB' }]]);
  const grown = changeOf(['volumes: [{ name: data, size: 1GiB }]'], ['volumes: [{ name: data, size: 2GiB }]']);
  assert.deepEqual([grown.kind, grown.changes], ['restart', [{ field: 'volumes', from: 'data 1GiB', to: 'data 2GiB' }]]);
  const sized = changeOf(['volumes: [{ name: b, image: debian }]'], ['volumes: [{ name: b, image: debian, size: 9GiB }]']);
  assert.deepEqual([sized.kind, sized.changes[0]?.loses], ['restart', undefined]);
});

test('MH8 a volume that goes or gets another image loses its data, which is said', () => {
  const gone = changeOf(['volumes: [{ name: data, size: 1GiB }]'], []);
  assert.deepEqual([gone.kind, gone.changes], ['restart', [{ field: 'volumes', from: 'data 1GiB', to: null, loses: 'its data' }]]);
  assert.deepEqual(gone.lines, ['~ vm web: volumes data 1GiB → none (its data is lost) (restart)']);
  const other = changeOf(['volumes: [{ name: b, image: debian }]'], ['volumes: [{ name: b, image: micro }]']);
  assert.deepEqual([other.kind, other.changes[0]?.loses], ['restart', 'its data']);
  const emptied = changeOf(['volumes: [{ name: b, image: debian, size: 9GiB }]'], ['volumes: [{ name: b, size: 9GiB }]']);
  assert.equal(emptied.changes[0]?.loses, 'its data');
});

test('MH8 a volume that is to be smaller has its VM recreated, as a smaller disk does', () => {
  assert.equal(changeOf(['volumes: [{ name: data, size: 2GiB }]'], ['volumes: [{ name: data, size: 1GiB }]']).kind, 'recreate');
});

test('MH8 another order of volumes is a change, the same order is none', () => {
  const [one, other] = ['{ name: a, size: 1GiB }', '{ name: b, size: 1GiB }'];
  assert.deepEqual(changeOf([`volumes: [${one}, ${other}]`], [`volumes: [${other}, ${one}]`]).changes, [
    { field: 'volumes', from: 'a, b', to: 'b, a' },
  ]);
  assert.equal(changeOf([`volumes: [${one}, ${other}]`], [`volumes: [${one}, ${other}]`]).kind, undefined);
});

test('CR6 firmware is what the file says, kept by an export, and changed by a restart', () => {
  const spec = normalise(sliceOf('firmware: uefi'));
  assert.equal(spec.vms[0]?.firmware, 'uefi');
  assert.deepEqual(normalise(exportSlice(spec)), spec);
  assert.equal(changeOf(['firmware: uefi'], []).kind, 'restart');
  assertIssue(['firmware: efi'], 'vms.web.firmware', /did you mean uefi/);
});

test('SC10 a cloud-config goes with a script, and gets the line that it is known by', () => {
  const [vm] = normalise(sliceOf("userData: '#!/bin/sh'", 'cloudConfig: |', '  packages: [nginx]')).vms;
  assert.deepEqual([vm?.userData, vm?.cloudConfig], ['#!/bin/sh', '#cloud-config\npackages: [nginx]\n']);
  const spec = normalise(sliceOf('cloudConfig: |', '  #cloud-config', '  packages: [nginx]'));
  assert.equal(spec.vms[0]?.cloudConfig, '#cloud-config\npackages: [nginx]\n');
  assert.deepEqual(normalise(exportSlice(spec)), spec);
  assert.equal(changeOf([], ['cloudConfig: "a: b"']).kind, 'restart');
});

test('SC10 a cloud-config that cloud-init could not read is refused, with the place of the error', () => {
  assertIssue(['cloudConfig: |', '  packages:', '  - a', '  runcmd: [x'], 'vms.web.cloudConfig', /not YAML in its line \d+, column \d+/);
  assertIssue(['userData: |', '  #cloud-config', '  a: [b'], 'vms.web.userData', /not YAML in its line 3/);
  assertIssue(['cloudConfig: just words'], 'vms.web.cloudConfig', /map of keys and values/);
  assertIssue(
    ['cloudConfig: "a: 1"', 'userData: |', '  #cloud-config', '  b: 2'],
    'vms.web.cloudConfig',
    /userData is a cloud-config already/,
  );
  assert.equal(normalise(sliceOf('cloudConfig: "content: !!binary aGk="')).vms.length, 1);
  assert.equal(normalise(sliceOf('userData: |', '  #cloud-config', '  # nothing yet')).vms.length, 1);
});

test('SC10 user-data that no seed could carry is refused when it is applied', () => {
  assertIssue([`userData: '#!/bin/sh ${'x'.repeat(64 * 1024)}'`], 'vms.web.userData', /at most 65536 characters/);
  assertIssue([`cloudConfig: 'a: ${'x'.repeat(64 * 1024)}'`], 'vms.web.cloudConfig', /at most 65536 characters/);
});
