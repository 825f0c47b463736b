import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nicSpec, vm as storedVm, vmSpec } from '../../../test/support/vm.ts';
import { administrator } from '../../model/access/principal.ts';
import { type Node, nodeConfigSchema } from '../../model/node/node.ts';
import { nodeViewSchema } from '../../model/node/view.ts';
import { demandOf } from '../../model/placement/capacity.ts';
import { usualPlacement } from '../../model/placement/placement.ts';
import type { Slice } from '../../model/slice/slice.ts';
import { sliceSummarySchema, sliceViewSchema } from '../../model/slice/view.ts';
import { gibibyte, mebibyte } from '../../model/vm/flavor.ts';
import { vmViewSchema } from '../../model/vm/view.ts';
import { unobserved, type Vm } from '../../model/vm/vm.ts';
import type { VmOutline } from '../../store/store.ts';
import { presentNode } from './node.ts';
import { presentSlice, summariseSlices } from './slice.ts';
import { presentVm } from './vm.ts';

const spec = vmSpec({ cpus: 2, nics: [nicSpec('lan', { model: 'e1000' })], restart: 'always', userData: 'secret' });

const vm = (fields: Partial<Vm>): Vm =>
  storedVm({
    ...{ id: 'vm', sliceId: 'slice', slice: 'hello', spec, imageId: 'image', nodeId: 'node', createdAt: 1 },
    nics: [{ id: 'nic', vmId: 'vm', networkId: 'network', network: 'lan', name: 'eth0', mac: '52:54:00:00:00:01', address: '10.0.0.2' }],
    ...fields,
  });

const node: Node = {
  id: 'node',
  config: nodeConfigSchema.parse({ name: 'one', overcommit: { cpus: 2, memory: 1 } }),
  administration: 'active',
  observed: {
    status: 'ready',
    reason: null,
    seenAt: 5,
    since: 4,
    images: [],
    specs: {
      architecture: 'x86_64',
      kernel: '6.1',
      operatingSystem: 'Debian',
      bootId: 'b',
      cpus: 4,
      memory: gibibyte,
      memoryAvailable: gibibyte,
      disk: gibibyte,
      diskFree: gibibyte,
      diskForeign: 0,
      load: 0.5,
      accelerator: { kind: 'tcg', reason: 'slow' },
      tools: { qemu: '7.2', ovs: null },
      datapath: 'netdev',
      firmwares: ['bios'],
      hypervisors: ['qemu'],
    },
  },
  createdAt: 1,
};

const slice: Slice = {
  id: 'slice',
  name: 'hello',
  spec: {
    name: 'hello',
    placement: usualPlacement,
    networks: [{ name: 'lan', cidr: '10.0.0.0/24', internet: true, dhcp: true, gateway: '10.0.0.1', link: false, impairment: null }],
    vms: [spec],
  },
  generation: 3,
  desired: 'running',
  transit: 0,
  routerNodeId: 'node',
  routerReason: null,
  createdAt: 1,
};

const names = new Map([[node.id, node.config.name]]);

const outline = ({ spec: sizes, observed: { state, restarts, launchRetry, memoryHeld }, ...fields }: Vm): VmOutline => ({
  ...fields,
  state,
  restarts,
  launchFailures: launchRetry?.failures ?? 0,
  memoryHeld,
  demand: demandOf(sizes, () => null),
});

test('CR10 a VM is shown with the names of its node, image and networks, and without its user-data', () => {
  const view = vmViewSchema.parse(presentVm(vm({}), names, administrator));
  assert.deepEqual([view.node, view.image, view.state], ['one', 'micro', 'none']);
  assert.deepEqual(view.nics, [{ name: 'eth0', network: 'lan', mac: '52:54:00:00:00:01', address: '10.0.0.2', model: 'e1000' }]);
  assert.doesNotMatch(JSON.stringify(view), /secret/);
});

test('CR4 a VM without a node is shown with the reason why', () => {
  const view = presentVm(vm({ nodeId: null, pendingReason: 'no node has room' }), names, administrator);
  assert.deepEqual([view.node, view.reason], [null, 'no node has room']);
  assert.equal(presentVm(vm({ observed: { ...unobserved, reason: 'it ended' } }), names, administrator).reason, 'it ended');
});

test('CR16 a VM is shown with what failed of it as it is now, apart from its restarts', () => {
  const observed = {
    ...unobserved,
    ...{ restarts: 1, restartAt: 10, launchRetry: { failures: 2, at: 20, of: 'h' }, changeRetry: { failures: 3, at: 30, of: 'h' } },
    diskRetry: { failures: 4, at: 40 },
  };
  const waits = (rest: Partial<Vm['observed']>, desired: Vm['desired'] = 'running') => {
    const { restarts, failures, retryAt } = presentVm(vm({ desired, observed: { ...observed, ...rest } }), names, administrator);
    return [restarts, failures, retryAt];
  };
  assert.deepEqual(waits({ state: 'failed' }), [1, 2, 20]);
  assert.deepEqual(waits({ state: 'failed', launchRetry: null }), [1, 0, 10]);
  assert.deepEqual(waits({ state: 'running' }), [1, 3, 30]);
  assert.deepEqual(waits({ state: 'paused' }), [1, 4, 40]);
  assert.deepEqual(waits({ state: 'running', changeRetry: null }), [1, 0, null]);
  assert.deepEqual(waits({ state: 'stopped' }, 'stopped'), [1, 0, null]);
});

test('CR9 a slice counts its own VMs by what they are', () => {
  const state = (observed: Vm['observed']['state'], fields: Partial<Vm> = {}) =>
    vm({ observed: { ...unobserved, state: observed }, ...fields });
  const vms = [
    state('running'),
    state('failed'),
    state('none', { nodeId: null }),
    state('none', { nodeId: null, desired: 'stopped' }),
    state('running', { sliceId: 'another' }),
  ];
  const summary = sliceSummarySchema.parse(summariseSlices([slice], vms.map(outline), names, administrator)[0]);
  assert.deepEqual(summary.vms, { total: 4, running: 1, failed: 1, pending: 1 });
  assert.deepEqual(summary.router, { node: 'one', reason: null });
});

test('CR9 a slice without networks has no router', () => {
  const bare = { ...slice, spec: { ...slice.spec, networks: [] }, routerNodeId: null };
  assert.equal(sliceViewSchema.parse(presentSlice(bare, [], [vm({})], names, administrator)).router, null);
});

test('CR3 what a node has promised is the sum over the VMs that are assigned to it', () => {
  const vms = [vm({}), vm({ spec: { ...spec, disk: gibibyte } }), vm({ nodeId: 'another' })];
  const view = nodeViewSchema.parse(presentNode(node, vms.map(outline), () => new Set(['move', 'pause'])));
  assert.deepEqual([view.simulated, view.capabilities], [false, ['pause', 'move']]);
  assert.deepEqual(view.promised, { cpus: 4, memory: 512 * mebibyte, disk: gibibyte });
  assert.deepEqual(view.capacity, { cpus: 8, memory: gibibyte, disk: gibibyte });
  assert.equal(view.vms, 2);
});
