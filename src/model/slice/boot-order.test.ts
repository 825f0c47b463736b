import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkSpec } from '../../../test/support/network.ts';
import { storedImages } from '../../../test/support/stored-images.ts';
import { launch, launchImage, nicSpec, port, vmSpec } from '../../../test/support/vm.ts';
import { CroftError } from '../error.ts';
import { usualPlacement } from '../placement/placement.ts';
import { bootDevices } from '../vm/boot-order.ts';
import { describeChange } from './change-words.ts';
import { diffSlice } from './diff.ts';
import { readSliceFile } from './document.ts';
import { exportSlice } from './export.ts';
import { normaliseSlice } from './normalise.ts';
import type { SliceSpec, VmSpec } from './slice.ts';

const context = { flavors: [], images: storedImages('micro'), previous: null, reserved: '100.64.0.0/10' };
const normalise = (text: string): SliceSpec => normaliseSlice(readSliceFile(text).file, context);
const file = (order: string): string => `
slice: a
networks: { lan: {} }
vms: { web: { image: micro, nics: [lan], volumes: [{ name: data, size: 1GiB }], bootOrder: ${order} } }
`;

function issuesOf(order: string): string[] {
  try {
    normalise(file(order));
  } catch (error) {
    if (error instanceof CroftError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

test('SC11 a boot order names devices of its VM, each once', () => {
  assert.deepEqual(issuesOf('[nic, disk, data]'), []);
  assert.deepEqual(issuesOf('[disc]'), ['vms.web.bootOrder.0: unknown boot device "disc": did you mean disk?']);
  assert.match(issuesOf('[eth1]')[0] ?? '', /unknown boot device "eth1": did you mean eth0/);
  assert.match(issuesOf('[cdrom]')[0] ?? '', /unknown boot device "cdrom": there are disk, nic, eth0, data/);
  assert.deepEqual(issuesOf('[disk, disk]'), ['vms.web.bootOrder.1: "disk" is named twice']);
  assert.deepEqual(issuesOf('[nic, eth0]'), ['vms.web.bootOrder.1: "eth0" is named twice: it is "nic", too']);
  assert.match(issuesOf('[]')[0] ?? '', /name at least one device/);
});

test('CR9 a boot order is exported as it was written, and left out where there is none', () => {
  const spec = normalise(file('[nic, data]'));
  assert.deepEqual(spec.vms[0]?.bootOrder, ['nic', 'data']);
  assert.deepEqual(normalise(exportSlice(spec)), spec);
  assert.doesNotMatch(exportSlice({ ...spec, vms: spec.vms.map((vm) => ({ ...vm, bootOrder: null })) }), /bootOrder/);
});

test('SC11 another boot order takes a restart', () => {
  const slice = (vm: VmSpec): SliceSpec => ({ name: 'a', placement: usualPlacement, networks: [networkSpec()], vms: [vm] });
  const web = vmSpec({ nics: [nicSpec('lan')] });
  const running = { state: 'running', can: new Set(), cdRoms: new Set() } as never;
  const change = diffSlice(slice(web), slice({ ...web, bootOrder: ['nic', 'disk'] }), 1, () => running);
  assert.deepEqual(describeChange(change), ['~ vm web: bootOrder none → nic, disk (restart)']);
});

test('SC11 a VM boots from its disk, then its CD-ROMs; else from what is named, and its seed has the last place', () => {
  const tools = { id: 'v1', name: 'tools', image: launchImage({ format: 'iso' }), size: null };
  const vm = launch({
    ports: [port({ nicId: 'n0' }), port({ nicId: 'n1' })],
    volumes: [tools, { id: 'v2', name: 'data', image: null, size: 1 }],
  });
  assert.deepEqual(bootDevices(vm), ['disk', 'v1', 'seed']);
  assert.deepEqual(bootDevices({ ...vm, bootOrder: ['nic'] }), ['n0', 'v1', 'seed']);
  assert.deepEqual(bootDevices({ ...vm, bootOrder: ['tools', 'eth1', 'data'] }), ['v1', 'n1', 'v2', 'seed']);
  assert.deepEqual(bootDevices({ ...vm, image: launchImage({ format: 'iso' }), bootOrder: ['cdrom', 'disk'] }), [
    'cdrom',
    'disk',
    'v1',
    'seed',
  ]);
});
