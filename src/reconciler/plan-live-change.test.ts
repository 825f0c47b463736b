/** The plan for VMs that run from something else than what is wanted: changed while they run, restarted, or left with a reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds, launchOf, now, plan, port, seenPorts, seenVm, wantedVm } from '../../test/support/node-plan.ts';
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import { planHash, type WantedVm } from '../model/node/plan.ts';

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
