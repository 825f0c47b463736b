/** Owners in the store: the same names side by side, whose rows lists show, and what rows without owners become. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Principal } from '../../src/model/access/principal.ts';
import { diffSlice } from '../../src/model/slice/diff.ts';
import type { Slice } from '../../src/model/slice/slice.ts';
import type { Database } from '../../src/store/database/database.ts';
import { migrate } from '../../src/store/database/migrate.ts';
import { openPostgres } from '../../src/store/database/postgres.ts';
import { openSqlite } from '../../src/store/database/sqlite.ts';
import { migrations } from '../../src/store/migrations/migrations.ts';
import type { Store } from '../../src/store/store.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, lanSlice, putImage } from './samples.ts';

const ann: Principal = { kind: 'member', name: 'ann' };

/** A slice `blue` with so many VMs, by its full name. */
async function make(store: Store, slice: string, vms: number): Promise<Slice> {
  const name = slice.split(':').at(-1) ?? '';
  return await store.slices.commit({ ...diffSlice(null, lanSlice(name, vms), null), slice });
}

/** The same three slices for all tests: of the administrator, of ann and of bob. */
async function furnish(store: Store): Promise<Slice[]> {
  await putImage(store);
  return [await make(store, 'blue', 1), await make(store, 'ann:blue', 2), await make(store, 'bob:blue', 3)];
}

onBothDatabases(({ dialect, open, freshLocation }) => {
  test('CR13 slices of several owners have the same name, and each is found by its full name only', async (t) => {
    const store = await open(t);
    const made = await furnish(store);
    for (const slice of made) {
      assert.equal((await store.slices.get(slice.name)).id, slice.id);
      assert.equal((await store.vms.get(slice.name, 'vm1')).sliceId, slice.id);
    }
    const counts = await Promise.all(made.map(async ({ name }) => (await store.vms.list({ slice: name })).length));
    assert.deepEqual(counts, [1, 2, 3]);
    assert.equal((await store.vms.outlines({ slice: 'bob:blue' })).length, 3);
    assert.equal(await store.slices.find('carl:blue'), null);
    await assert.rejects(make(store, 'ann:blue', 1), { code: 'conflict.changed' });
  });

  test('CR13 a name that is almost right is compared with those of the same owner', async (t) => {
    const store = await open(t);
    await furnish(store);
    await make(store, 'ann:green', 1);
    await assert.rejects(store.slices.get('ann:gren'), { code: 'not-found', hint: 'Did you mean ann:green?' });
    await assert.rejects(store.slices.get('bob:gren'), { code: 'not-found', hint: undefined });
  });

  test('CR13 lists are those of all owners, or of one', async (t) => {
    const store = await open(t);
    await furnish(store);
    const names = async (filter?: { owner: string }) => (await store.slices.list(filter)).map(({ name }) => name);
    assert.deepEqual(await names(), ['blue', 'ann:blue', 'bob:blue']);
    assert.deepEqual(await names({ owner: 'ann' }), ['ann:blue']);
    assert.deepEqual(await names({ owner: 'admin' }), ['blue']);
    assert.equal((await store.vms.list({ owner: 'bob' })).length, 3);
    assert.equal((await store.vms.outlines({ owner: 'ann' })).length, 2);
  });

  test('CR13 pages of VMs go over owners with slices of the same name, and miss and repeat none', async (t) => {
    const store = await open(t);
    await furnish(store);
    const all = (await store.vms.list()).map(({ slice, name }) => `${slice}/${name}`);
    assert.deepEqual(all, ['blue/vm1', 'ann:blue/vm1', 'ann:blue/vm2', 'bob:blue/vm1', 'bob:blue/vm2', 'bob:blue/vm3']);
    for (const limit of [1, 2, 4]) {
      const paged: string[] = [];
      let page = await store.vms.list({ limit });
      while (page.length > 0) {
        paged.push(...page.map(({ slice, name }) => `${slice}/${name}`));
        const after = page.at(-1);
        page = after === undefined ? [] : await store.vms.list({ limit, after });
      }
      assert.deepEqual(paged, all, `pages of ${limit}`);
    }
  });

  test('CR13 a change of one slice leaves those of the same name as they are, with their tasks', async (t) => {
    const store = await open(t);
    await furnish(store);
    const start = (subject: string) => store.tasks.start({ kind: 'slice.stop', subject, vm: null, generation: 1 });
    const tasks = [await start('blue'), await start('ann:blue'), await start('bob:blue')];
    assert.deepEqual(
      tasks.map(({ owner }) => owner),
      ['admin', 'ann', 'bob'],
    );
    await store.slices.desire('ann:blue', 'stopped');
    await start('ann:blue');
    const states = await Promise.all(tasks.map(async ({ id }) => (await store.tasks.get(id)).state));
    assert.deepEqual(states, ['running', 'failed', 'running']);
    assert.deepEqual(
      (await store.slices.list()).map(({ desired }) => desired),
      ['running', 'stopped', 'running'],
    );
    assert.deepEqual(
      (await store.tasks.list(10, 'ann')).map(({ subject, state }) => `${subject} ${state}`),
      ['ann:blue running', 'ann:blue failed'],
    );
    const drain = await store.tasks.start({ kind: 'node.drain', subject: 'ann', vm: null, generation: 0 });
    assert.equal(drain.owner, 'admin');
  });

  test('CR13 events say who asked, and are read as those of one owner', async (t) => {
    const store = await open(t);
    await furnish(store);
    await store.events.append([{ kind: 'node.active', node: 'n1', message: 'is active' }]);
    await store.commit(ann, async ({ tasks, events }) => {
      await tasks.start({ kind: 'slice.stop', subject: 'ann:blue', vm: null, generation: 1 });
      await tasks.start({ kind: 'slice.start', subject: 'ann:blue', vm: null, generation: 2 });
      await events.append([{ kind: 'vm.paused', slice: 'ann:blue', vm: 'vm1', message: 'is paused' }]);
    });
    await store.events.append([{ kind: 'vm.running', slice: 'blue', vm: 'vm1', message: 'runs' }]);
    const told = async (owner?: string) => (await store.events.after(0, 10, owner)).map(({ kind, actor }) => `${kind} by ${actor}`);
    assert.deepEqual(await told(), ['node.active by system', 'task.ended by ann', 'vm.paused by ann', 'vm.running by system']);
    assert.deepEqual(await told('ann'), ['task.ended by ann', 'vm.paused by ann']);
    assert.deepEqual(await told('admin'), ['vm.running by system']);
    assert.deepEqual(await told('an'), []);
  });

  test('CR13 VMs and routers of a node are named by their full names', async (t) => {
    const store = await open(t);
    const [, slice] = await furnish(store);
    const node = await addReadyNode(store, 'n1');
    const vms = await store.vms.list({ slice: 'ann:blue' });
    await store.placement.commit([
      ...vms.map(({ id }) => ({ kind: 'vm' as const, id, from: null, nodeId: node.id, reason: null, group: null })),
      { kind: 'router', id: slice?.id ?? '', from: null, nodeId: node.id, reason: null },
    ]);
    const { sliceNames, wanted } = await store.placement.onNode(node.id, []);
    assert.deepEqual([...sliceNames.values()], ['ann:blue']);
    assert.deepEqual(
      wanted.vms.map(({ label }) => label),
      ['ann:blue/vm1', 'ann:blue/vm2'],
    );
    await assert.rejects(store.nodes.remove(node.id, false), { message: /ann:blue\/vm1, ann:blue\/vm2, ann:blue\/\(router\)/ });
    assert.deepEqual(
      (await store.placement.open()).slices.map(({ name }) => name),
      ['ann:blue', 'blue', 'bob:blue'],
    );
  });

  test('CR13 what was there before owners belongs to the administrator, and nobody is said to have asked', async (t) => {
    const location = await freshLocation();
    const database: Database = dialect === 'sqlite' ? openSqlite(location) : openPostgres(location);
    await migrate(database, Date.now, migrations.slice(0, 1));
    await database.write(async (queries) => {
      await sql`insert into slices (id, name, spec, generation, desired, transit, created_at)
        values ('s', 'old', ${JSON.stringify(lanSlice('old', 0))}, 1, 'running', 0, 5)`.execute(queries);
      await sql`insert into tasks (id, kind, subject, generation, state, created_at)
        values ('t', 'slice.apply', 'old', 1, 'running', 5)`.execute(queries);
      await sql`insert into events (at, kind, slice, message) values (5, 'slice.applied', 'old', 'was applied')`.execute(queries);
    });
    await database.close();
    const store = await open(t, { location });
    assert.deepEqual(
      (await store.slices.list({ owner: 'admin' })).map(({ name }) => name),
      ['old'],
    );
    assert.equal((await store.tasks.get('t')).owner, 'admin');
    assert.deepEqual(
      (await store.events.after(0, 1, 'admin')).map(({ slice, actor }) => [slice, actor]),
      [['old', null]],
    );
  });
});
