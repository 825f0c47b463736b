import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joined, kinds, launchOf, nothing, now, plan, seenPorts, seenVm, underlay, wantedVm } from '../../test/support/node-plan.ts';
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import type { ObservedNetwork } from '../drivers/network/driver.ts';
import { planHash, type RouterPlan, type WantedVm } from '../model/node/plan.ts';
import { vmDesiredStates, vmObservedStates } from '../model/vm/vm.ts';
import { type NodePlan, planNode } from './plan.ts';
import { transitions } from './transitions.ts';

test('CR16 the lifecycle table answers for every pair of desired and observed state', () => {
  for (const desired of vmDesiredStates) {
    for (const observed of vmObservedStates) assert.equal(typeof transitions[desired][observed], 'string', `${desired} × ${observed}`);
    assert.equal(Object.keys(transitions[desired]).length, vmObservedStates.length);
  }
});

test('CR16 a node whose state cannot be known is never acted on', () => {
  for (const desired of vmDesiredStates) assert.equal(transitions[desired].unknown, 'wait');
});

test('CR6 a VM that is not there is launched', () => {
  assert.deepEqual(kinds(plan([wantedVm('a')], [], seenPorts())), ['launch']);
});

test('CR9 a pass over what is as wanted has no step and settles its generation', () => {
  const vm = wantedVm('a');
  const result = plan([vm], [seenVm(vm)]);
  assert.deepEqual(result.steps, []);
  assert.equal(result.observations[0]?.observed.settledGeneration, 3);
});

test('CR9 a running VM whose launch differs is stopped, then launched again', () => {
  const before = wantedVm('a');
  const after = wantedVm('a', { launch: launchOf('a', { memory: 2 }) });
  assert.deepEqual(plan([after], [seenVm(before)]).steps, [{ kind: 'stop', id: 'a', label: 's/a', restart: true }]);
  assert.deepEqual(kinds(plan([after], [seenVm(before, { state: 'stopped' })])), ['launch']);
  assert.deepEqual(kinds(plan([before], [seenVm(before, { state: 'stopped' })])), ['launch'], 'edited back meanwhile');
});

test('CR7 a stopped VM keeps its ports until its process is gone', () => {
  const vm = wantedVm('a', { desired: 'stopped' });
  assert.deepEqual(kinds(plan([vm], [seenVm(vm)])), ['stop']);
  assert.deepEqual(kinds(plan([vm], [seenVm(vm, { state: 'stopped' })])), ['detach']);
});

test('CR7 a VM whose stop or revert was interrupted is stopped, whatever follows, and started again where it is wanted', () => {
  const steps = (desired: WantedVm['desired'], state: ObservedVm['state']) => {
    const vm = wantedVm('a', { desired });
    return plan([vm], [seenVm(vm, { state, cutOff: true })]).steps.map((step) =>
      step.kind === 'stop' ? [step.kind, step.restart] : [step.kind],
    );
  };
  for (const state of ['running', 'paused'] as const) {
    assert.deepEqual(steps('running', state), [['stop', true]]);
    assert.deepEqual(steps('paused', state), [['stop', true]]);
    assert.deepEqual(steps('stopped', state), [['stop', false]]);
    assert.deepEqual(steps('absent', state), [['destroy']]);
  }
  const stopped = wantedVm('a', { restart: 'never' });
  assert.deepEqual(kinds(plan([stopped], [seenVm(stopped, { state: 'stopped', pid: null, exitCode: null })])), ['launch']);
});

test('CR9 an absent VM is destroyed, then its ports go, and only then its row', () => {
  const vm = wantedVm('a', { desired: 'absent' });
  const destroying = plan([vm], [seenVm(vm)]);
  assert.deepEqual(kinds(destroying), ['destroy']);
  assert.deepEqual(destroying.forget, []);
  const detaching = plan([vm], []);
  assert.deepEqual(kinds(detaching), ['detach']);
  assert.deepEqual(detaching.forget, []);
  assert.deepEqual(plan([vm], [], seenPorts()).forget, ['a']);
});

test('CR11 a port that was removed, changed or is unhealthy is repaired without touching its VM', () => {
  const vm = wantedVm('a');
  const [right] = seenPorts(vm).ports;
  assert.ok(right);
  for (const ports of [[], [{ ...right, healthy: false }], [{ ...right, hash: 'other' }]]) {
    const result = plan([vm], [seenVm(vm)], { underlay: joined, ports, routers: [] });
    assert.deepEqual(result.steps, [{ kind: 'repairPorts', ports: vm.launch.ports }]);
  }
});

test('CR11 a changed impairment puts the port right and leaves the VM running', () => {
  const vm = wantedVm('a');
  const impairment = { delay: null, jitter: null, loss: null, rate: 2e6 };
  const ports = vm.launch.ports.map((port) => ({ ...port, impairment }));
  const impaired = { ...vm, launch: { ...vm.launch, ports } };
  assert.deepEqual(plan([impaired], [seenVm(vm)], seenPorts(vm)).steps, [{ kind: 'repairPorts', ports }]);
});

test('CR15 what a step of an earlier pass works on is left alone', () => {
  const vm = wantedVm('a');
  const result = plan([vm], [], seenPorts(vm), { busy: new Set(['vm:a']) });
  assert.deepEqual(result.steps, []);
  assert.deepEqual(result.observations, []);
});

test('CR17 a VM that this controller has no record of is shown and left alone, with its ports', () => {
  const stranger = wantedVm('z');
  const result = plan([], [seenVm(stranger)], seenPorts(stranger));
  assert.deepEqual(result.strangers, ['z']);
  assert.deepEqual(result.steps, []);
});

test('CR5 routers are created, edited, repaired and removed by comparing plan and node', () => {
  const router: RouterPlan = { sliceId: 's', slice: 's', transit: '100.64.0.0/30', networks: [] };
  const with_ = (routers: ObservedNetwork['routers'], wanted: RouterPlan[], busy = new Set<string>()): NodePlan =>
    planNode({
      wanted: { ...nothing, routers: wanted },
      observed: { vms: [], network: { underlay: joined, ports: [], routers }, images: [], arrivals: [] },
      ...{ busy, running: new Map(), unreadable: new Map(), can: new Set() },
      postponedImages: new Set(),
      postponedMoves: new Map(),
      moveSlots: 2,
      now,
    });
  const seen = { sliceId: 's', healthy: true, faults: [], hash: planHash(router), leases: [] };
  assert.deepEqual(kinds(with_([], [router])), ['router']);
  assert.deepEqual(kinds(with_([seen], [router])), []);
  assert.deepEqual(kinds(with_([{ ...seen, hash: 'other' }], [router])), ['router']);
  assert.deepEqual(with_([{ ...seen, healthy: false, faults: ['dnsmasq died'] }], [router]).steps, [
    { kind: 'router', plan: router, faults: ['dnsmasq died'] },
  ]);
  assert.deepEqual(kinds(with_([seen], [])), ['removeRouter']);
  assert.deepEqual(kinds(with_([seen], [], new Set(['router:s']))), []);
});

test('CR2 an underlay that is missing, faulty or another one is made, before anything that needs it', () => {
  const vm = wantedVm('a');
  const faults = ['there is no bridge br-croft'];
  for (const seen of [
    { healthy: false, faults, hash: null },
    { ...joined, healthy: false, faults },
    { ...joined, hash: 'other', faults },
  ]) {
    const missing: ObservedNetwork = { underlay: seen, ports: [], routers: [] };
    assert.deepEqual(kinds(plan([vm], [], missing)), ['underlay', 'launch']);
    assert.deepEqual(plan([], [], missing).steps, [{ kind: 'underlay', plan: underlay, faults }]);
  }
  assert.deepEqual(kinds(plan([], [], { underlay: joined, ports: [], routers: [] })), []);
});

test('CR12 images that are wanted without a VM are fetched once, unless they are there, on their way, or failed lately', () => {
  const image = (sha256: string) => ({ id: `i-${sha256}`, sha256, format: 'qcow2' as const, size: 1 });
  const wanted = { ...nothing, images: ['there', 'coming', 'failed', 'missing', 'missing'].map(image) };
  const result = planNode({
    ...{ wanted, postponedMoves: new Map(), moveSlots: 2, now, running: new Map(), unreadable: new Map(), can: new Set() },
    observed: { vms: [], network: seenPorts(), images: ['there'], arrivals: [] },
    busy: new Set(['image:coming']),
    postponedImages: new Set(['failed']),
  });
  assert.deepEqual(result.steps, [{ kind: 'fetchImage', image: image('missing') }]);
});
