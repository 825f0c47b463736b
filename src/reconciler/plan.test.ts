import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantedVm as anyVm, launch, launchImage, port as nicPort } from '../../test/support/vm.ts';
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import type { ObservedNetwork, ObservedUnderlay } from '../drivers/network/driver.ts';
import { underlayOf } from '../model/network/underlay.ts';
import { type PortPlan, planHash, type RouterPlan, type VmLaunch, type WantedOnNode, type WantedVm } from '../model/node/plan.ts';
import { vmDesiredStates, vmObservedStates } from '../model/vm/vm.ts';
import { type NodePlan, type PlanInput, planNode } from './plan.ts';
import { transitions } from './transitions.ts';

const now = 1_000_000;
const underlay = underlayOf({ bridge: 'br-croft', uplink: 'eth1' });
const joined: ObservedUnderlay = { healthy: true, faults: [], hash: planHash(underlay) };

const port = (nicId: string, vmId: string): PortPlan => nicPort({ nicId, vmId });

function launchOf(id: string, rest: Partial<VmLaunch> = {}): VmLaunch {
  return launch({ id, hostname: id, image: launchImage({ sha256: 'f', format: 'qcow2' }), ports: [port(`n-${id}`, id)], ...rest });
}

function wantedVm(id: string, rest: Partial<WantedVm> = {}): WantedVm {
  return anyVm({ launch: launchOf(id), label: `s/${id}`, generation: 3, ...rest });
}

function seenVm(vm: WantedVm, rest: Partial<ObservedVm> = {}): ObservedVm {
  const process = { pid: 7, startedAt: now - 5, memory: vm.launch.memory };
  return { id: vm.launch.id, state: 'running', ...process, launchHash: planHash(vm.launch), exitCode: null, ...rest };
}

function seenPorts(...vms: WantedVm[]): ObservedNetwork {
  const ports = vms.flatMap(({ launch }) => launch.ports);
  return {
    underlay: joined,
    routers: [],
    ports: ports.map((plan) => ({ name: `t-${plan.nicId}`, nicId: plan.nicId, vmId: plan.vmId, healthy: true, hash: planHash(plan) })),
  };
}

const nothing: WantedOnNode = { underlay, vms: [], routers: [], arriving: [], leftovers: [], abandoned: [], images: [] };

function plan(vms: WantedVm[], seen: ObservedVm[], network: ObservedNetwork = seenPorts(...vms), rest: Partial<PlanInput> = {}): NodePlan {
  return planNode({
    wanted: { ...nothing, vms },
    observed: { vms: seen, network, images: [], arrivals: [] },
    running: new Map(),
    unreadable: new Map(),
    can: new Set(),
    busy: new Set(),
    postponedImages: new Set(),
    postponedMoves: new Map(),
    moveSlots: 2,
    now,
    ...rest,
  });
}

const kinds = (result: NodePlan): string[] => result.steps.map(({ kind }) => kind);

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

test('CR16 a killed process is started again at once, a second time only after a pause', () => {
  const vm = wantedVm('a');
  const first = plan([vm], [seenVm(vm, { state: 'failed', exitCode: 137 })]);
  assert.deepEqual(kinds(first), ['launch']);
  assert.equal(first.observations[0]?.observed.restarts, 1);
  const again = wantedVm('a', { restarts: 1 });
  const second = plan([again], [seenVm(again, { state: 'failed', exitCode: 137 })]);
  assert.deepEqual(
    second.steps.filter(({ kind }) => kind === 'launch'),
    [],
  );
  assert.equal(second.observations[0]?.observed.restartAt, now + 5000);
});

test('CR16 waiting for a retry ends when its time has come, or at once when something else is to be launched', () => {
  const vm = wantedVm('a', { restarts: 2, launchRetry: { failures: 1, at: now + 1, of: planHash(launchOf('a')) } });
  const failed = seenVm(vm, { state: 'failed', exitCode: 1 });
  assert.deepEqual(plan([vm], [failed], seenPorts()).steps, []);
  assert.deepEqual(kinds(plan([vm], [failed], seenPorts(), { now: now + 1 })), ['launch']);
  const edited = { ...vm, launch: launchOf('a', { cpus: 2 }) };
  assert.deepEqual(kinds(plan([edited], [failed], seenPorts())), ['launch']);
});

test('CR16 a guest that powered off stays off, unless the policy is always', () => {
  const off = { state: 'stopped' as const, exitCode: 0 };
  for (const [restart, expected] of [
    ['never', []],
    ['on-failure', []],
    ['always', ['launch']],
  ] as const) {
    const vm = wantedVm('a', { restart });
    assert.deepEqual(kinds(plan([vm], [seenVm(vm, off)], seenPorts())), expected, restart);
  }
});

test('CR16 a process that was killed stays dead only under the policy never, which is said, and leaves nothing to wait for', () => {
  const vm = wantedVm('a', { restart: 'never' });
  const result = plan([vm], [seenVm(vm, { state: 'failed', exitCode: 137 })], seenPorts());
  assert.deepEqual(result.steps, []);
  assert.match(result.observations[0]?.observed.reason ?? '', /exit code 137.*policy is never/);
  assert.equal(result.observations[0]?.observed.settledGeneration, vm.generation);
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

test('CR15 what a move left of a VM is destroyed, and a VM that was given up with this node: it must not run twice', () => {
  const seen = [seenVm(wantedVm('l')), seenVm(wantedVm('m'))];
  const result = plan([], seen, seenPorts(), { wanted: { ...nothing, leftovers: ['l'], abandoned: ['m'] } });
  assert.deepEqual(kinds(result), ['destroy', 'destroy']);
  assert.deepEqual(plan([], seen, seenPorts()).strangers, ['l', 'm']);
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

test('CR4 a VM that moves has one step for it all, whatever it was seen to do, and keeps its ports meanwhile', () => {
  const vm = wantedVm('a', { movingTo: 'n2' });
  for (const state of vmObservedStates) {
    if (state === 'none' || state === 'unknown') continue;
    const seen = seenVm(vm, { state });
    const result = plan([vm], [seen]);
    assert.deepEqual(result.steps, [{ kind: 'move', vm, to: 'n2', seen }]);
    assert.deepEqual(result.observations, []);
  }
  assert.deepEqual(plan([vm], []).steps, [{ kind: 'move', vm, to: 'n2', seen: null }]);
  const stopped = { ...vm, desired: 'stopped' as const };
  assert.deepEqual(kinds(plan([stopped], [seenVm(stopped, { state: 'stopped' })])), ['move']);
});

test('CR4 a VM that is being removed is removed where it is, not moved', () => {
  const vm = wantedVm('a', { movingTo: 'n2', desired: 'absent' });
  assert.deepEqual(kinds(plan([vm], [seenVm(vm)])), ['destroy']);
  assert.deepEqual(plan([vm], [], seenPorts()).forget, ['a']);
});

test('CR4 no more moves begin than there is room for, and the others continue as they are', () => {
  const vms = ['a', 'b', 'c'].map((id) => wantedVm(id, { movingTo: 'n2' }));
  const seen = vms.map((vm) => seenVm(vm));
  const result = plan(vms, seen, seenPorts(...vms), { moveSlots: 1 });
  assert.deepEqual(
    result.steps.map((step) => step.kind === 'move' && step.vm.launch.id),
    ['a'],
  );
  assert.deepEqual(
    result.observations.map(({ id, observed }) => [id, observed.state]),
    [
      ['b', 'running'],
      ['c', 'running'],
    ],
  );
});

test('CR4 a VM whose move failed runs on, and started again where it was stopped for it, with the reason until the next try', () => {
  const vm = wantedVm('a', { movingTo: 'n2' });
  const postponedMoves = new Map([['a', 'the move failed: n2 is full']]);
  assert.deepEqual(kinds(plan([vm], [seenVm(vm, { state: 'stopped', pid: null })], seenPorts(), { postponedMoves })), ['launch']);
  const running = plan([vm], [seenVm(vm)], seenPorts(vm), { postponedMoves });
  assert.deepEqual(kinds(running), []);
  assert.equal(running.observations[0]?.observed.reason, 'the move failed: n2 is full');
});

test('CR4 what arrives is left alone; what has arrived of a VM that does not come any more is removed', () => {
  const other = wantedVm('b');
  const wanted = { ...nothing, arriving: ['a', 'b'], leftovers: ['b'] };
  const observed = { vms: [seenVm(other, { state: 'preparing' })], network: seenPorts(), images: [], arrivals: ['a', 'c', 'd'] };
  const result = plan([], [], seenPorts(), { wanted, observed, busy: new Set(['vm:d']) });
  assert.deepEqual(result.steps, [{ kind: 'discardArrival', id: 'c' }]);
  assert.deepEqual(result.strangers, []);
});

test('SC11 a VM whose sizes wait for its next start is settled with the reason, and restarted by nothing but its policy', () => {
  const before = wantedVm('a');
  const after = wantedVm('a', { launch: launchOf('a', { cpus: 2 }) });
  const known = { running: new Map([['a', before.launch]]) };
  const waiting = plan([after], [seenVm(before)], seenPorts(before), known);
  assert.deepEqual(waiting.steps, []);
  assert.deepEqual(waiting.observations[0]?.observed.reason, 'its next start brings CPUs 1 → 2 (`croft vm restart` does that now)');
  assert.equal(waiting.observations[0]?.observed.settledGeneration, 3);
  assert.equal(waiting.observations[0]?.observed.memoryHeld, before.launch.memory);
  const ended = seenVm(before, { state: 'stopped', exitCode: 0 });
  assert.deepEqual(kinds(plan([{ ...after, settled: true }], [ended], seenPorts())), [], 'its guest powered off');
  assert.deepEqual(kinds(plan([after], [ended], seenPorts())), ['launch'], 'it was edited since');
});

test('SC11 a NIC comes by a step and goes by one, and its port goes only once the VM is known without it', () => {
  const one = wantedVm('a');
  const two = wantedVm('a', { launch: launchOf('a', { ports: [...one.launch.ports, port('more', 'a')] }) });
  const can = new Set(['hotplug-nic'] as const);
  const pass = (wanted: WantedVm, runs: WantedVm, ports = seenPorts(runs)) =>
    plan([wanted], [seenVm(runs)], ports, { can, running: new Map([['a', runs.launch]]) });
  const more = { id: 'more', name: '02:00:00:00:00:01' };
  const change = { detachNics: [], detachVolumes: [], attachVolumes: [], attachNics: [more], resize: false };
  assert.deepEqual(pass(two, one).steps, [{ kind: 'change', vm: two, change }]);
  assert.equal(pass(two, one).observations[0]?.observed.addressed, false, 'its lease is waited for');
  assert.equal(pass(one, two).observations[0]?.observed.addressed, undefined);
  assert.deepEqual(pass(one, two).steps, [{ kind: 'change', vm: one, change: { ...change, attachNics: [], detachNics: [more] } }]);
  assert.deepEqual(plan([one], [seenVm(one)], seenPorts(two)).steps, [{ kind: 'detach', names: ['t-more'] }]);
  assert.deepEqual(kinds(plan([two], [seenVm(one)], seenPorts(one), { running: new Map([['a', one.launch]]) })), ['stop'], 'not able to');
  assert.deepEqual(kinds(plan([two], [seenVm(one)], seenPorts(one), { can })), ['stop'], 'not known what it runs from');
});

test('SC11 a VM that came to its change between two looks at it is neither changed again nor restarted', () => {
  const [before, after] = [wantedVm('a'), wantedVm('a', { launch: launchOf('a', { memory: 2 ** 30 }) })];
  const { steps, observations } = plan([after], [seenVm(before)], seenPorts(after), { running: new Map([['a', after.launch]]) });
  assert.deepEqual(steps, []);
  const { reason, settledGeneration, memoryHeld } = observations[0]?.observed ?? {};
  assert.deepEqual([reason, settledGeneration, memoryHeld], [null, after.generation, 2 ** 30]);
});

test('SC11 a VM whose present launch cannot be read is left as it is, with its ports, and says why; others continue', () => {
  const [before, other] = [wantedVm('a'), wantedVm('b')];
  const after = wantedVm('a', { launch: launchOf('a', { ports: [], boot: 1 }) });
  const unreadable = new Map([['a', 'its mark cannot be read']]);
  const { steps, observations } = plan([after, other], [seenVm(before)], seenPorts(before), { unreadable });
  assert.deepEqual(steps, [{ kind: 'launch', vm: other }]);
  assert.deepEqual(observations[0]?.observed.reason, 'its mark cannot be read');
  assert.equal(observations[0]?.observed.settledGeneration, undefined);
});

test('SC11 a change that failed is tried again later, and meanwhile no port of the VM goes and those that stay are whole', () => {
  const one = wantedVm('a');
  const two = wantedVm('a', { launch: launchOf('a', { ports: [...one.launch.ports, port('more', 'a')] }) });
  const failed = { ...one, changeRetry: { failures: 1, at: now + 1, of: planHash(one.launch) } };
  const rest = { can: new Set(['hotplug-nic'] as const), running: new Map([['a', two.launch]]) };
  const waiting = plan([failed], [seenVm(two)], seenPorts(two), rest);
  assert.deepEqual(waiting.steps, []);
  assert.equal(waiting.observations[0]?.observed.settledGeneration, undefined);
  assert.deepEqual(kinds(plan([failed], [seenVm(two)], seenPorts(), rest)), ['repairPorts']);
  assert.deepEqual(kinds(plan([failed], [seenVm(two)], seenPorts(two), { ...rest, now: now + 1 })), ['change']);
});

test('SC11 memory that a guest gave back is held for it until its next start, since it may take it again', () => {
  const vm = wantedVm('a', { launch: launchOf('a', { memory: 2 ** 29 }) });
  const held = (seen: ObservedVm, running = vm.launch) =>
    plan([vm], [seen], seenPorts(vm), { running: new Map([['a', running]]) }).observations[0]?.observed.memoryHeld;
  assert.equal(held(seenVm(vm, { memory: 2 ** 30 })), 2 ** 30);
  assert.equal(held(seenVm(vm, { memory: null })), 2 ** 29);
  const other = launchOf('a', { memory: 2 ** 28 });
  assert.equal(held(seenVm(vm, { memory: 2 ** 30, launchHash: planHash(other) }), other), 2 ** 30);
  assert.equal(held(seenVm(vm, { memory: null, launchHash: planHash(other) }), other), 2 ** 28);
});

test('SC11 a guest is offered other sizes once; what it does not take waits', () => {
  const before = wantedVm('a');
  const after = wantedVm('a', { launch: launchOf('a', { memory: 2 ** 30 }) });
  const rest = { can: new Set(['live-size'] as const), running: new Map([['a', before.launch]]) };
  assert.deepEqual(kinds(plan([after], [seenVm(before)], seenPorts(before), rest)), ['change']);
  const tried = plan(
    [{ ...after, changeRetry: { failures: 0, at: null, of: planHash(after.launch) } }],
    [seenVm(before)],
    seenPorts(before),
    rest,
  );
  assert.deepEqual(tried.steps, []);
  assert.match(tried.observations[0]?.observed.reason ?? '', /memory 1B → 1GiB/);
});

test('SC8 a VM does not start, and is not changed, while an image of its volumes is missing', () => {
  const before = wantedVm('a');
  const volumes = [{ id: 'v', name: 'data', image: null, size: 1 }];
  const after = wantedVm('a', { launch: launchOf('a', { volumes }), missingImages: ['tools'] });
  const rest = { can: new Set(['hotplug-volume'] as const), running: new Map([['a', before.launch]]) };
  const waiting = plan([after], [seenVm(before)], seenPorts(before), rest);
  assert.deepEqual(waiting.steps, []);
  assert.match(waiting.observations[0]?.observed.reason ?? '', /need images that were not fetched yet: tools/);
  assert.deepEqual(kinds(plan([after], [seenVm(before, { state: 'stopped' })], seenPorts())), []);
});

test('SC11 a guest whose file systems are still frozen by an interrupted snapshot is thawed before anything else is done with it', () => {
  const vm = wantedVm('a', { launch: launchOf('a', { memory: 2 }) });
  const kinds = (seen: Partial<ObservedVm>) => plan([vm], [seenVm(vm, seen)]).steps.map(({ kind }) => kind);
  assert.deepEqual(kinds({ frozen: true }), ['thaw']);
  assert.deepEqual(kinds({ frozen: true, state: 'paused' }), ['resume']);
  assert.deepEqual(kinds({}), []);
});

test('CR6 a guest that is paused by a full disk says so and is resumed at intervals, not at once and again and again', () => {
  const vm = wantedVm('a');
  const halted = (rest: Partial<WantedVm>) => plan([{ ...vm, ...rest }], [seenVm(vm, { state: 'paused', halted: 'disk-full' })]);
  const first = halted({});
  assert.deepEqual(first.steps, []);
  const observed = first.observations[0]?.observed ?? {};
  assert.match(observed.reason ?? '', /is paused.* disk of its node is full/);
  assert.equal(observed.restarts, undefined, 'its guest was not restarted');
  assert.deepEqual(observed.diskRetry, { failures: 1, at: now + 5_000 });
  assert.deepEqual(halted({ diskRetry: { failures: 1, at: now + 1 } }).steps, []);
  const changeRetry = { failures: 9, at: now + 300_000, of: planHash(vm.launch) };
  const changing = halted({ changeRetry, restarts: 9 }).observations[0]?.observed;
  assert.deepEqual(changing?.diskRetry, observed.diskRetry, 'what a failed change waits for does not keep the guest waiting');
  const resumed = halted({ diskRetry: { failures: 1, at: now } });
  assert.deepEqual(kinds(resumed), ['resume']);
  assert.deepEqual(resumed.observations[0]?.observed.diskRetry, { failures: 2, at: now + 10_000 }, 'the one after it comes later');
  const often = halted({ diskRetry: { failures: 50, at: now } }).observations[0]?.observed.diskRetry?.at ?? 0;
  assert.ok(often > now && often - now <= 60_000, 'room is not waited for long');
});

test('CR6 a guest that has run for a minute since its disk was full has that forgiven, and not its restarts', () => {
  const running = (at: number) => {
    const vm = wantedVm('a', { restarts: 3, diskRetry: { failures: 4, at } });
    return plan([vm], [seenVm(vm, { startedAt: now - 120_000 })], seenPorts(vm)).observations[0]?.observed ?? {};
  };
  assert.equal(running(now - 60_000).diskRetry, null);
  assert.equal(running(now - 59_999).diskRetry, undefined);
  assert.equal(running(now - 60_000).restarts, undefined);
});

test('CR16 a restart by policy waits by the count of restarts alone, whatever else has failed', () => {
  const vm = wantedVm('a', { restarts: 1, changeRetry: { failures: 9, at: now + 300_000, of: planHash(launchOf('a')) } });
  const ended = seenVm(vm, { state: 'failed', exitCode: 1 });
  assert.equal(plan([vm], [ended]).observations[0]?.observed.restartAt, now + 5_000);
  const due = { ...vm, restarts: 2, restartAt: now + 5_000 };
  const launches = (rest: Partial<WantedVm>, at: number) =>
    plan([{ ...due, ...rest }], [ended], seenPorts(), { now: at }).steps.map(({ kind }) => kind);
  assert.deepEqual(launches({}, now + 4_999), []);
  assert.deepEqual(launches({}, now + 5_000), ['launch']);
  const launchRetry = { failures: 1, at: now + 7_000, of: planHash(vm.launch) };
  assert.deepEqual(launches({ launchRetry }, now + 6_999), [], 'the start that failed has a wait of its own');
  assert.deepEqual(launches({ launchRetry }, now + 7_000), ['launch']);
  const again = plan([{ ...due, launchRetry }], [ended], seenPorts(), { now: now + 7_000 }).observations[0]?.observed;
  assert.equal(again?.restarts, undefined, 'a start that is tried again is the same restart');
});

test('CR16 a start whose process ended is tried again, which is no restart by policy', () => {
  const launchRetry = { failures: 1, at: now + 2_000, of: planHash(launchOf('a')) };
  const vm = wantedVm('a', { launchRetry });
  const at = (time: number) => plan([vm], [seenVm(vm, { state: 'failed', exitCode: 1 })], seenPorts(), { now: time });
  assert.deepEqual(kinds(at(now + 1_999)), []);
  assert.deepEqual(kinds(at(now + 2_000)), ['launch']);
  const { restarts, restartAt } = at(now + 2_000).observations[0]?.observed ?? {};
  assert.deepEqual([restarts, restartAt], [undefined, undefined]);
});

test('CR16 a VM that runs waits for no start, and restarts are forgiven once it has run for long', () => {
  const vm = wantedVm('a', { restarts: 3, restartAt: now, launchRetry: { failures: 2, at: now, of: planHash(launchOf('a')) } });
  const running = (startedAt: number) => plan([vm], [seenVm(vm, { startedAt })], seenPorts(vm)).observations[0]?.observed;
  const { restarts, restartAt, launchRetry } = running(now - 1) ?? {};
  assert.deepEqual([restarts, restartAt, launchRetry], [undefined, null, null]);
  assert.equal(running(now - 600_000)?.restarts, 0);
});
