import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFake } from '../../test/support/fake-environment.ts';
import { runningTask } from '../../test/support/task.ts';
import type { PlanAnswer } from '../model/operations.ts';

const task = runningTask({ kind: 'slice.remove' });
const events = { latest: async () => ({ sequence: 7 }) };

function planned(vms: PlanAnswer['vms'], places: PlanAnswer['places'] = [], refusals: string[] = []) {
  const asked: unknown[] = [];
  const client = {
    events,
    slices: {
      plan: async () => ({ slice: 'hello', against: 3, networks: [], vms, places, refusals, lines: ['- vm web'] }),
      apply: async (...given: unknown[]) => {
        asked.push(given);
        return { slice: { name: 'hello' } as never, task, lines: [] };
      },
    },
  };
  return { client, asked };
}

const apply = ['slice', 'apply', '-f', '-'];

test('CR9 apply shows the plan, and applies it only to what it was made against', async () => {
  const { client, asked } = planned([]);
  const { code, stdout } = await runFake(apply, { client, input: 'slice: hello' });
  assert.equal(code, 0);
  assert.match(stdout, /^slice hello: 1 change\n {2}- vm web\n.*croft task wait t1/);
  assert.deepEqual(asked, [[{ text: 'slice: hello' }, { allowRecreate: false, against: 3 }]]);
});

test('CR4 a plan says where new VMs would go, and why one would wait', async () => {
  const places = [
    { vm: 'web', node: 'n1', reason: null },
    { vm: 'db', node: null, reason: 'is larger than any node' },
  ];
  const { stdout } = await runFake(['slice', 'plan', '-f', '-'], { client: planned([], places).client, input: 'x' });
  assert.equal(
    stdout,
    `slice hello: 1 change
  - vm web
as things are now, 1 of 2 new VMs would wait:
  web → n1
  db pending: is larger than any node
`,
  );
  const long = [{ vm: 'db', node: null, reason: `needs 4 GiB of memory; ${'node-1: 1.5 GiB of memory free; '.repeat(5)}and more` }];
  const narrow = await runFake(['slice', 'plan', '-f', '-'], { client: planned([], long).client, input: 'x', width: 80 });
  assert.ok(
    narrow.stdout.split('\n').every((line) => line.length <= 80),
    narrow.stdout,
  );
});

test('CR4 a plan says what apply would refuse, and ends as that would', async () => {
  const refusals = ['VM "f" outgrows its node "n1": needs 3 CPUs, 2 are free'];
  const { code, stdout } = await runFake(['slice', 'plan', '-f', '-'], {
    client: planned([], [], refusals).client,
    input: 'x',
    width: 200,
  });
  assert.match(stdout, /refused as things are now: VM "f" outgrows its node "n1": needs 3 CPUs, 2 are free\n$/);
  assert.equal(code, 4);
});

test('CR9 apply removes no VM unasked, and recreates none without --allow-recreate', async () => {
  const removal = planned([{ kind: 'remove', name: 'web', changes: [] }]);
  const refused = await runFake(apply, { client: removal.client, input: 'x' });
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /hint: add --yes/);
  assert.equal((await runFake([...apply, '--yes'], { client: removal.client, input: 'x' })).code, 0);
  assert.equal(removal.asked.length, 1);

  const recreating = planned([{ kind: 'recreate', name: 'web', changes: [] }]);
  assert.match((await runFake([...apply, '--yes'], { client: recreating.client, input: 'x' })).stderr, /hint: add --allow-recreate/);
  assert.equal((await runFake([...apply, '--yes', '--allow-recreate'], { client: recreating.client, input: 'x' })).code, 0);
  assert.equal(recreating.asked.length, 1);
});

test('MH8 apply asks before a volume loses its data, and --yes is enough for that', async () => {
  const changes = [
    { field: 'volumes', from: 'data 1GiB', to: null, loses: 'its data' },
    { field: 'volumes', from: null, to: 'more 1GiB' },
  ];
  const { client, asked } = planned([{ kind: 'restart', name: 'web', changes }]);
  const refused = await runFake(apply, { client, input: 'x' });
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /What is on the volume of web \(data 1GiB\) will be lost.*\nhint: add --yes/);
  assert.deepEqual(asked, []);
  assert.equal((await runFake([...apply, '--yes'], { client, input: 'x' })).code, 0);
  assert.deepEqual(asked, [[{ text: 'x' }, { allowRecreate: true, against: 3 }]]);
});
