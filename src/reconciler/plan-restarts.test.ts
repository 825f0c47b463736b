/** The plan for guests that ended, starts that failed and disks that are full: what is tried again, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds, launchOf, now, plan, seenPorts, seenVm, wantedVm } from '../../test/support/node-plan.ts';
import { planHash, type WantedVm } from '../model/node/plan.ts';

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
