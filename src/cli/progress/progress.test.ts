import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFake } from '../../../test/support/fake-environment.ts';
import { runningTask } from '../../../test/support/task.ts';
import type { Event } from '../../model/event.ts';
import { anywhere } from '../../model/placement/placement.ts';
import type { Task } from '../../model/task.ts';
import type { VmView } from '../../model/vm/view.ts';
import { createPaint } from '../output/paint.ts';
import { isSettled, progressLines } from './progress-lines.ts';
import { transferLine } from './transfer-line.ts';
import { progressLine } from './wait.ts';

const web: VmView = {
  ...{
    id: 'v1',
    slice: 'hello',
    name: 'web',
    node: 'n1',
    movingTo: null,
    pendingReason: null,
    stayReason: null,
    desired: 'running',
    state: 'none',
    reason: null,
    step: 'image',
  },
  ...{
    addressed: false,
    image: 'micro',
    cpus: 1,
    memory: 1,
    disk: null,
    firmware: null,
    bootOrder: null,
    volumes: [],
    nics: [],
    restart: 'always',
    restarts: 0,
    failures: 0,
    placement: anywhere,
  },
  ...{ retryAt: null, startedAt: null, createdAt: 0 },
};
const pending: VmView = { ...web, id: 'v2', name: 'db', node: null, step: null, reason: 'n1: needs 900 GiB of memory, 23 GiB is free' };
const options = { width: 60, height: 24, now: 2500, paint: createPaint(false) };
const event: Event = {
  ...{ sequence: 8, at: 1500, kind: 'vm.step', node: 'n1', slice: 'hello', vm: 'web', message: 'image done', actor: 'system' },
  step: { name: 'image', state: 'done', duration: 300 },
  data: null,
};
const task = runningTask({ kind: 'slice.start' });

test('CR9 progress shows each VM with node, step, time and why it is pending, in lines that fit', () => {
  const lines = progressLines(
    [
      { vm: web, beganAt: 1000, endedAt: null, removed: false },
      { vm: pending, beganAt: 1000, endedAt: 2000, removed: false },
    ],
    options,
  );
  assert.deepEqual(lines, [
    'VM   NODE  STATE    STEP    TIME  REASON',
    'web  n1    none     image  1.5 s',
    'db   -     pending         1.0 s  n1: needs 900 GiB of memo…',
  ]);
});

test('CR9 of more VMs than the terminal has rows those at work are shown', () => {
  const many = Array.from({ length: 30 }, (_, index) => ({
    vm: { ...web, name: `vm${index}` },
    beganAt: 0,
    endedAt: index < 29 ? 1 : null,
    removed: false,
  }));
  const lines = progressLines(many, { ...options, height: 6 });
  assert.equal(lines.length, 6);
  assert.match(lines[1] ?? '', /^vm29 /);
  assert.equal(lines[5], '… and 26 more');
});

test('CR9 a VM is settled when it is as desired and no step is under way', () => {
  assert.equal(isSettled(web), false);
  assert.equal(isSettled({ ...web, state: 'running', step: null }), true);
  assert.equal(isSettled({ ...web, desired: 'stopped', state: 'running', step: null }), false);
  assert.equal(isSettled({ ...web, desired: 'stopped', state: 'stopped', step: null }), true);
  assert.equal(isSettled({ ...web, desired: 'absent', state: 'stopped', step: null }), false);
  assert.equal(isSettled(pending), false);
});

test('CR9 an event is one plain line', () => {
  assert.equal(progressLine(event, 1000), '   0.5 s  web on n1  image done (0.3 s)');
});

test('CR12 a transfer shows a bar where there is room', () => {
  const transfer = { name: 'micro', sent: 512, total: 1024, elapsed: 1000, width: 80 };
  assert.equal(transferLine(transfer), `micro  [${'#'.repeat(20)}${' '.repeat(19)}]   50 %  512 B of 1 KiB, 512 B/s`);
  assert.match(transferLine({ ...transfer, before: 256 }), / 512 B of 1 KiB, 256 B\/s$/);
  assert.equal(transferLine({ ...transfer, width: 20 }), 'micro  50 %  512 B…');
});

function clientOf(outcome: 'done' | 'failed' | 'running') {
  let reads = 0;
  return {
    events: {
      latest: async () => ({ sequence: 7 }),
      follow: async function* (_filter: unknown, signal?: AbortSignal) {
        yield event;
        if (outcome !== 'running') yield { ...event, kind: 'task.ended', message: `slice.start ${outcome}` };
        else await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      },
    },
    vms: { list: async () => [pending] },
    slices: { start: async () => task },
    tasks: {
      get: async (): Promise<Task> => {
        reads += 1;
        return reads === 1 || outcome === 'running'
          ? task
          : { ...task, state: outcome, message: outcome === 'failed' ? 'the reason' : null, endedAt: 1200 };
      },
    },
  };
}

const start = ['slice', 'start', 'hello', '--wait'];

test('CR9 --wait ends with the task: 0 when done, 1 with the reason when failed', async () => {
  const done = await runFake(start, { client: clientOf('done') });
  assert.deepEqual([done.code, done.stdout], [0, 'slice.start of hello is done after 1.2 s\n']);
  assert.match(done.stderr, /web on n1 {2}image done/);
  const failed = await runFake(start, { client: clientOf('failed') });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /croft: slice.start of hello failed: the reason\nhint: see `croft events --slice hello`/);
});

test('CR4 --wait ends with 6 and why a VM is pending when the time is over', async () => {
  const { code, stderr } = await runFake([...start, '--timeout', '1s'], { client: clientOf('running') });
  assert.equal(code, 6);
  assert.match(
    stderr,
    /not done after 1.0 s\n {2}hello\/db is pending: n1: needs 900 GiB of memory, 23 GiB is free\nhint: .*croft task wait t1/,
  );
});

test('CR15 Ctrl-C while waiting leaves the task running and says how to see it', async () => {
  let interrupt: () => void = () => undefined;
  const client = clientOf('running');
  const list = async (): Promise<VmView[]> => {
    setImmediate(() => interrupt());
    return [pending];
  };
  const onInterrupt = (listener: () => void): (() => void) => {
    interrupt = listener;
    return () => undefined;
  };
  const { code, stderr } = await runFake(start, { client: { ...client, vms: { list } }, onInterrupt });
  assert.equal(code, 130);
  assert.match(stderr, /continues in the background; `croft task wait t1`/);
});

test('CR9 on a terminal the lines are drawn in place', async () => {
  const { stderr } = await runFake(start, { client: clientOf('done'), isTerminal: true });
  assert.ok(stderr.includes('\u001b[2A'), JSON.stringify(stderr));
  assert.ok(stderr.includes('db  -     pending'));
});
