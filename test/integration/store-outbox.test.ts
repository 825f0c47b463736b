/** The outbox: cursors over the events that survive, and what becomes of events and tasks that are kept no longer. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { administrator } from '../../src/model/access/principal.ts';
import type { Store } from '../../src/store/store.ts';
import { onBothDatabases } from './databases.ts';

async function tell(store: Store, ...messages: string[]): Promise<void> {
  await store.events.append(messages.map((message) => ({ kind: 'image.map', message })));
}

async function messages(store: Store, cursor: string, limit = 100): Promise<string[]> {
  return (await store.outbox.read(cursor, limit)).map(({ event }) => event.message);
}

onBothDatabases(({ open, freshLocation }) => {
  test('CR16 a cursor survives, reads in order, and what was read again has the same id', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    await tell(store, 'a');
    await store.outbox.open('results', 'oldest');
    await store.outbox.open('hooks', 'newest');
    await tell(store, 'b', 'c');
    assert.deepEqual(await messages(store, 'results', 2), ['a', 'b']);
    assert.deepEqual(await messages(store, 'hooks'), ['b', 'c']);
    const before = await store.outbox.read('results', 10);
    assert.equal(new Set(before.map(({ id }) => id)).size, 3);
    await store.outbox.advance('results', 2);
    await store.outbox.advance('results', 1);

    const later = await open(t, { location });
    await later.outbox.open('results', 'newest');
    assert.deepEqual(await later.outbox.read('results', 10), before.slice(2), 'a cursor that is there stays where it is');
    await assert.rejects(later.outbox.read('result', 10), { code: 'not-found' });
    await later.outbox.close('results');
    await assert.rejects(later.outbox.read('results', 10), { code: 'not-found' });
  });

  test('CR16 what a command sends out is there once the command is, and never else', async (t) => {
    const store = await open(t);
    await store.outbox.open('results', 'newest');
    const command = store.commit(administrator, async ({ events }) => {
      await events.append([{ kind: 'image.map', message: 'sent' }]);
      throw new Error('the command failed');
    });
    await assert.rejects(command, /the command failed/);
    assert.deepEqual(await messages(store, 'results'), []);
    await store.commit(administrator, ({ events }) => events.append([{ kind: 'image.map', message: 'sent' }]));
    assert.deepEqual(await messages(store, 'results'), ['sent']);
  });

  test('CR16 age takes no event that a cursor has yet to pass; number does, and the reader learns what is lost', async (t) => {
    let time = 0;
    const store = await open(t, { now: () => time });
    await store.outbox.open('slow', 'oldest');
    await tell(store, 'a', 'b', 'c', 'd');
    time = 100;
    assert.equal(await store.events.prune({ kept: 10, since: 50 }, 10), 0);
    await store.outbox.advance('slow', 1);
    assert.equal(await store.events.prune({ kept: 10, since: 50 }, 10), 1);
    assert.deepEqual(await messages(store, 'slow'), ['b', 'c', 'd']);

    assert.equal(await store.events.prune({ kept: 1, since: 0 }, 1), 1, 'no more than was asked for');
    assert.equal(await store.events.prune({ kept: 1, since: 0 }, 10), 1);
    const [gap, ...rest] = (await store.outbox.read('slow', 10)).map(({ event }) => event);
    assert.deepEqual([gap?.kind, gap?.sequence, gap?.data], ['events.gap', 3, { from: 2, to: 3 }]);
    assert.match(gap?.message ?? '', /events 2 to 3 are no longer kept/);
    assert.deepEqual(
      rest.map(({ sequence, message }) => [sequence, message]),
      [[4, 'd']],
    );
    assert.equal((await store.outbox.read('slow', 1)).length, 1, 'a gap counts');
    await store.outbox.advance('slow', 3);
    assert.deepEqual(await messages(store, 'slow'), ['d']);
    await store.outbox.close('slow');
    assert.equal(await store.events.prune({ kept: 10, since: 200 }, 10), 1);
    assert.equal(await store.events.latest(), 4);
    assert.deepEqual(await store.events.after(4, 10), []);
  });

  test('CR16 ended tasks go by number and by age, one that runs never', async (t) => {
    let time = 0;
    const store = await open(t, {
      now: () => {
        time += 1;
        return time;
      },
    });
    for (const subject of ['a', 'b', 'c', 'd']) await store.tasks.start({ kind: 'slice.stop', subject, vm: null, generation: 1 });
    const [d, c, b, a] = await store.tasks.list(10);
    for (const task of [a, b, c]) await store.tasks.end(task?.id ?? '', 'done', null);
    assert.equal(await store.tasks.prune({ kept: 3, since: 0 }, 10), 0);
    assert.equal(await store.tasks.prune({ kept: 0, since: 0 }, 1), 1);
    assert.deepEqual(await store.tasks.list(10), [d, ...(await Promise.all([c, b].map((task) => store.tasks.get(task?.id ?? ''))))]);
    assert.equal(await store.tasks.prune({ kept: 10, since: (b?.createdAt ?? 0) + 1 }, 10), 1);
    assert.equal(await store.tasks.prune({ kept: 0, since: time }, 10), 1);
    assert.deepEqual(await store.tasks.list(10), [d]);
  });

  test('CR16 cursors and what is known to be lost are in a backup', async (t) => {
    const store = await open(t);
    await store.outbox.open('results', 'oldest');
    await tell(store, 'a', 'b', 'c');
    await store.events.prune({ kept: 1, since: 0 }, 10);
    const other = await open(t);
    await other.backups.restore(store.backups.dump(), [{ kind: 'store.restored', message: 'restored' }]);
    assert.deepEqual(
      (await other.outbox.read('results', 10)).map(({ event }) => [event.sequence, event.kind, event.message === 'c']),
      [
        [2, 'events.gap', false],
        [3, 'image.map', true],
        [4, 'store.restored', false],
      ],
    );
  });

  test('CR16 a reader whose cursor is ahead of a backup hears of what comes after the restore', async (t) => {
    const store = await open(t);
    await tell(store, 'a');
    const dump: string[] = [];
    for await (const line of store.backups.dump()) dump.push(line);
    await tell(store, 'b', 'c');
    const cursor = await store.events.latest();
    await store.backups.restore(Readable.from(dump), [{ kind: 'store.restored', message: 'restored' }]);
    assert.deepEqual(
      (await store.events.after(cursor, 10)).map(({ kind }) => kind),
      ['store.restored'],
    );
  });

  test('CR16 what comes after the restore of a backup that kept no event is told', async (t) => {
    const store = await open(t);
    await tell(store, 'a', 'b', 'c');
    await store.events.prune({ kept: 10, since: Number.MAX_SAFE_INTEGER }, 10);
    const other = await open(t);
    await other.backups.restore(store.backups.dump(), [{ kind: 'store.restored', message: 'restored' }]);
    assert.deepEqual(
      (await other.events.after(3, 10)).map(({ kind }) => kind),
      ['store.restored'],
    );
  });

  test('CR16 a reader of another history, whose cursor is above the newest event, is told so and gets all that is kept', async (t) => {
    const store = await open(t);
    assert.deepEqual(
      (await store.events.after(9, 10)).map(({ sequence, kind, data }) => [sequence, kind, data]),
      [[0, 'events.gap', { from: 1, to: 9 }]],
    );
    await tell(store, 'a', 'b', 'c');
    await store.events.prune({ kept: 2, since: 0 }, 10);
    const [gap, ...rest] = await store.events.after(900, 10);
    assert.deepEqual([gap?.sequence, gap?.kind, gap?.data], [1, 'events.gap', { from: 4, to: 900 }]);
    assert.match(gap?.message ?? '', /event 900 is not known here, the newest is 3/);
    assert.deepEqual(
      rest.map(({ message }) => message),
      ['b', 'c'],
    );
    assert.deepEqual(
      (await store.events.after(900, 2)).map(({ sequence }) => sequence),
      [1, 2],
      'it counts for the limit',
    );
    assert.deepEqual(await store.events.after(3, 10), [], 'not for a reader that has the newest');
    assert.equal((await store.events.after(900, 10, 'ann'))[0]?.kind, 'events.gap');
  });
});
