/** Tasks and events in the store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openPostgres } from '../../src/store/database/postgres.ts';
import { until } from '../support/until.ts';
import { onBothDatabases } from './databases.ts';

onBothDatabases(({ open, dialect, freshLocation }) => {
  test('CR16 a task overtakes the running one of the same subject and VM', async (t) => {
    let time = 10;
    const store = await open(t, {
      now: () => {
        time += 1;
        return time;
      },
    });
    const first = await store.tasks.start({ kind: 'slice.apply', subject: 'blue', vm: null, generation: 1 });
    const ofVm = await store.tasks.start({ kind: 'vm.stop', subject: 'blue', vm: 'vm1', generation: 1 });
    const ofNode = await store.tasks.start({ kind: 'node.drain', subject: 'blue', vm: null, generation: 1 });
    const second = await store.tasks.start({ kind: 'slice.stop', subject: 'blue', vm: null, generation: 2 });
    assert.deepEqual(await store.tasks.running(), [ofVm, ofNode, second]);
    const overtaken = await store.tasks.get(first.id);
    assert.deepEqual([overtaken.state, overtaken.endedAt], ['failed', second.createdAt]);
    assert.match(overtaken.message ?? '', /overtaken by slice\.stop/);
    await store.tasks.end(second.id, 'done', null);
    await store.tasks.end(second.id, 'failed', 'too late');
    assert.equal((await store.tasks.get(second.id)).state, 'done');
    assert.deepEqual(
      (await store.events.after(0, 10)).map(({ kind, slice, at, message }) => [kind, slice, at, message]),
      [
        ['task.ended', 'blue', second.createdAt, `slice.apply failed: overtaken by slice.stop ${second.id}`],
        ['task.ended', 'blue', second.createdAt + 1, 'slice.stop done'],
      ],
      'each end is told once',
    );
    assert.deepEqual(
      (await store.tasks.list(2)).map(({ id }) => id),
      [second.id, ofNode.id],
    );
    await assert.rejects(store.tasks.get('none'), { code: 'not-found' });
  });

  test('CR16 events are read on from a sequence, and the oldest are pruned', async (t) => {
    const store = await open(t, { now: () => 9 });
    assert.equal(await store.events.latest(), 0);
    await store.events.append([]);
    const step = { name: 'start', state: 'done', duration: 1.5 } as const;
    await store.events.append([
      { kind: 'vm.step', message: 'started', slice: 'blue', vm: 'vm1', node: 'n1', step, data: { percent: 5 } },
      { kind: 'image.map', message: '1' },
    ]);
    await store.events.append([{ kind: 'store.restored', message: '2' }]);
    assert.deepEqual(await store.events.after(0, 1), [
      {
        sequence: 1,
        at: 9,
        kind: 'vm.step',
        node: 'n1',
        slice: 'blue',
        vm: 'vm1',
        message: 'started',
        step,
        data: { percent: 5 },
        actor: 'system',
      },
    ]);
    assert.deepEqual(
      (await store.events.after(1, 10)).map(({ sequence, kind, step: none }) => [sequence, kind, none]),
      [
        [2, 'image.map', null],
        [3, 'store.restored', null],
      ],
    );
    const keep = (kept: number): Promise<number> => store.events.prune({ kept, since: 0 }, 10);
    assert.equal(await keep(5), 0);
    assert.equal((await store.events.after(0, 10)).length, 3);
    assert.equal(await keep(1), 2);
    assert.deepEqual(
      (await store.events.after(0, 10)).map(({ sequence, kind }) => [sequence, kind]),
      [
        [2, 'events.gap'],
        [3, 'store.restored'],
      ],
    );
    await keep(0);
    assert.equal(await store.events.latest(), 3);
    await store.events.append([{ kind: 'image.map', message: '3' }]);
    assert.equal(await store.events.latest(), 4, 'a sequence is never given out twice');
  });

  if (dialect === 'postgres') {
    test('CR16 an event is not seen before one of a lower sequence that is still being committed', async (t) => {
      const location = await freshLocation();
      const store = await open(t, { location });
      const database = openPostgres(location);
      t.after(() => database.close());
      let appended: Promise<void> | undefined;
      await database.write(async (queries) => {
        await queries.insertInto('events').values({ at: 1, kind: 'slow', message: 'first' }).execute();
        appended = store.events.append([{ kind: 'image.map', message: 'second' }]);
        await until('the other waits for the lock', async () => {
          const { rows } = await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`.execute(queries);
          return rows.length > 0 ? true : undefined;
        });
        assert.deepEqual(await store.events.after(0, 10), []);
      });
      await appended;
      assert.deepEqual(
        (await store.events.after(0, 10)).map(({ sequence, message }) => [sequence, message]),
        [
          [1, 'first'],
          [2, 'second'],
        ],
      );
    });
  }

  test('CR16 one who reads on while many append misses no event', async (t) => {
    const store = await open(t);
    let appending = true;
    const appended = Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        store.events.append([
          { kind: 'image.map', message: `${index}` },
          { kind: 'store.restored', message: `${index}` },
        ]),
      ),
    ).finally(() => {
      appending = false;
    });
    const seen: number[] = [];
    const read = async () => {
      for (const { sequence } of await store.events.after(seen.at(-1) ?? 0, 7)) seen.push(sequence);
    };
    while (appending) await read();
    await appended;
    while ((seen.at(-1) ?? 0) < (await store.events.latest())) await read();
    assert.deepEqual(
      seen,
      Array.from({ length: 120 }, (_, index) => index + 1),
    );
  });
});
