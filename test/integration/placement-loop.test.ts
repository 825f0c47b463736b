/** What the placement loop does where commands are committed amid one of its passes. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Journal } from '../../src/loops/journal.ts';
import { Fleet } from '../../src/loops/node/fleet.ts';
import { PlacementLoop } from '../../src/loops/placement/loop.ts';
import type { Store } from '../../src/store/store.ts';
import { onBothDatabases } from './databases.ts';
import { apply, lanSlice, networkSpec, putImage } from './samples.ts';

/** One pass of a store in which nothing is left to decide; right after it has read the open work, a command is committed. */
async function passWith(t: TestContext, store: Store, command: () => Promise<unknown>): Promise<void> {
  const failures: unknown[] = [];
  const failed = (error: unknown) => failures.push(error);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const { placement } = store;
  const open = placement.open.bind(placement);
  t.mock.method(placement, 'open', async () => {
    const work = await open();
    await command().then(resolve, reject);
    return work;
  });
  const fleet = new Fleet(() => assert.fail('there is no node'));
  const journal = new Journal(store.events, failed);
  const loop = new PlacementLoop({ store, fleet, journal, interval: 60_000, routerGrace: 0, policy: 'spread', now: Date.now, failed });
  loop.wake();
  await promise;
  await loop.stop();
  await journal.flush();
  assert.deepEqual(failures, []);
}

onBothDatabases(({ open }) => {
  test('CR9 a slice that is applied amid a pass is not said to be removed', async (t) => {
    const store = await open(t);
    await passWith(t, store, async () => {
      const { generation } = await apply(store, { name: 'late', networks: [networkSpec('lan', '10.0.0.0/24')], vms: [] });
      await store.tasks.start({ kind: 'slice.apply', subject: 'late', vm: null, generation });
    });
    assert.deepEqual(
      (await store.tasks.list(10)).map(({ subject, state }) => [subject, state]),
      [['late', 'running']],
    );
  });

  test('CR9 a task is not done because all was as wanted before it', async (t) => {
    const store = await open(t);
    await putImage(store);
    await apply(store, { name: 'blue', networks: [], vms: [] });
    await passWith(t, store, async () => {
      const { generation } = await apply(store, lanSlice('blue', 1));
      await store.tasks.start({ kind: 'slice.apply', subject: 'blue', vm: null, generation });
    });
    assert.deepEqual(
      (await store.tasks.list(10)).map(({ subject, state }) => [subject, state]),
      [['blue', 'running']],
    );
  });
});
