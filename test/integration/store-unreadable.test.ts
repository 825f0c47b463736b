/** Rows that this Croft cannot read, because a newer one wrote them or they are damaged: no matter of the others, and said by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { jsonOf } from '../../src/store/database/json-columns.ts';
import { openPostgres } from '../../src/store/database/postgres.ts';
import { openSqlite } from '../../src/store/database/sqlite.ts';
import { tables } from '../../src/store/database/tables.ts';
import type { Store } from '../../src/store/store.ts';
import { onBothDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, putImage } from './samples.ts';

/** Columns of events are read whatever they hold: kinds of events come and go. */
const ofEvents = new Set(['step', 'data']);

test('CR15 every column that holds JSON has a form', () => {
  for (const [table, columns] of Object.entries(tables)) {
    const json = Object.entries(columns).flatMap(([column, kind]) => (kind.startsWith('json') ? [column] : []));
    const read = jsonOf(table, Object.fromEntries(json.map((column) => [column, column]))).map(({ text }) => text);
    assert.deepEqual(read.sort(), json.filter((column) => table !== 'events' || !ofEvents.has(column)).sort(), table);
  }
});

onBothDatabases(({ dialect, open, freshLocation }) => {
  /** Makes the text of a column one of a newer version. */
  async function makeNewer(location: string, table: string, column: string, where: string): Promise<void> {
    const database = dialect === 'sqlite' ? openSqlite(location) : openPostgres(location);
    await database.write(async (queries) => {
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = replace(${sql.ref(column)}, '{"version":1,', '{"version":9,') where name = ${where}`.execute(
        queries,
      );
    });
    await database.close();
  }

  async function placed(store: Store): Promise<string> {
    const { id: nodeId } = await addReadyNode(store, 'n1');
    await putImage(store);
    for (const name of ['blue', 'red']) {
      const { id } = await apply(store, lanSlice(name, 2));
      await store.placement.commit([{ kind: 'router', id, from: null, nodeId, reason: null }]);
    }
    const vms = (await store.vms.list()).map(({ id }) => ({ kind: 'vm' as const, id, from: null, nodeId, reason: null, group: null }));
    await store.placement.commit(vms);
    return nodeId;
  }

  test('CR15 a VM that a newer Croft wrote is left out of lists and passes, and named where it is asked for', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    const nodeId = await placed(store);
    const vm = await store.vms.get('red', 'vm1');
    await store.placement.snapshot();
    await makeNewer(location, 'vms', 'spec', 'vm1');
    assert.deepEqual(
      (await store.vms.list()).map(({ slice, name }) => `${slice}/${name}`),
      ['blue/vm2', 'red/vm2'],
    );
    const { wanted, unreadable } = await store.placement.onNode(nodeId, []);
    assert.deepEqual(
      wanted.vms.map(({ label }) => label),
      ['blue/vm2', 'red/vm2'],
    );
    assert.ok(unreadable.has(`vm:${vm.id}`));
    assert.ok(unreadable.has(`router:${vm.sliceId}`), 'nor is a router made without it');
    assert.equal((await store.placement.snapshot()).vms.length, 2);
    const message = 'the specification of VM vm1 has version 9, this Croft reads versions up to 1';
    assert.deepEqual(
      (await store.unreadable()).map((error) => [error.code, error.message]),
      [
        ['conflict.changed', message],
        ['conflict.changed', message],
      ],
    );
    await assert.rejects(store.vms.get('red', 'vm1'), { code: 'conflict.changed', message });
  });

  test('CR15 a slice, a node and a network of a newer Croft are left as they are, whatever becomes of the others', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    const nodeId = await placed(store);
    const blue = await store.slices.get('blue');
    await makeNewer(location, 'slices', 'spec', 'blue');
    assert.deepEqual(
      (await store.slices.list()).map(({ name }) => name),
      ['red'],
    );
    await assert.rejects(store.slices.get('blue'), { code: 'conflict.changed', message: /the specification of slice blue has version 9/ });
    assert.deepEqual([...new Set((await store.placement.snapshot()).vms.map(({ slice }) => slice))], ['red']);
    await makeNewer(location, 'networks', 'spec', 'lan');
    const { wanted, unreadable } = await store.placement.onNode(nodeId, []);
    assert.deepEqual(wanted.vms, []);
    assert.ok(unreadable.has(`router:${blue.id}`));
    assert.equal([...unreadable].filter((subject) => subject.startsWith('vm:')).length, 4);
    await addReadyNode(store, 'n2');
    await makeNewer(location, 'nodes', 'config', 'n1');
    assert.deepEqual(
      (await store.nodes.list()).map(({ config }) => config.name),
      ['n2'],
    );
    await assert.rejects(store.nodes.get('n1'), { code: 'conflict.changed', message: /the configuration of node n1 has version 9/ });
    assert.deepEqual((await store.placement.snapshot()).vms, []);
  });

  test('CR15 what was seen of a node, in a form that is not known, is looked at again', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    await addReadyNode(store, 'n1');
    await makeNewer(location, 'nodes', 'specs', 'n1');
    assert.equal((await store.nodes.get('n1')).observed.specs, null);
  });

  test('CR15 a backup with what this Croft could not read is refused', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    await placed(store);
    await makeNewer(location, 'images', 'traits', 'micro');
    assert.deepEqual(await store.images.list(), []);
    const lines: string[] = [];
    for await (const line of store.backups.dump()) lines.push(line);
    const refused = store.backups.restore(
      (async function* () {
        yield* lines;
      })(),
    );
    await assert.rejects(refused, { code: 'input.invalid', message: /^line \d+ .*the properties of image micro has version 9/ });
  });

  test('CR16 an event that is damaged is listed with what of it can be read', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    await store.events.append(['a', 'b', 'c'].map((message) => ({ kind: 'image.map' as const, message })));
    const database = dialect === 'sqlite' ? openSqlite(location) : openPostgres(location);
    await database.write(async (queries) => {
      await sql`update events set data = '{"broken', step = '{"name":1}' where message = 'a'`.execute(queries);
      await sql`update events set data = '[]', step = '7' where message = 'b'`.execute(queries);
    });
    await database.close();
    assert.deepEqual(
      (await store.events.after(0, 10)).map(({ message, data, step }) => [message, data, step]),
      [
        ['a', null, null],
        ['b', null, null],
        ['c', {}, null],
      ],
    );
  });
});
