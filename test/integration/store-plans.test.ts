/** What is asked again and again is found by indexes: it may not cost what the whole fleet costs. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { onPostgres, onSqlite, type TestDatabases } from './databases.ts';
import { addReadyNode, apply, lanSlice, putImage } from './samples.ts';

/** A fleet of 2003 VMs, all of them settled and three of them on a node; what is chosen depends on how large the tables are. */
async function fill(databases: TestDatabases, context: TestContext, location: string) {
  const store = await databases.open(context, { location });
  await putImage(store);
  const slice = await apply(store, lanSlice('s', 3));
  for (let index = 0; index < 40; index += 1) await apply(store, lanSlice(`more${index}`, 50));
  const node = await addReadyNode(store, 'n1');
  const ids = (await store.vms.list({ slice: 's' })).map(({ id }) => id);
  await store.placement.commit([
    ...ids.map((id) => ({ kind: 'vm' as const, id, from: null, nodeId: node.id, reason: null, group: null })),
    { kind: 'router', id: slice.id, from: null, nodeId: node.id, reason: null },
  ]);
  const all = await store.vms.list();
  await store.vms.observe(all.map(({ id, generation }) => ({ id, observed: { settledGeneration: generation, addressed: true } })));
  return { node, slice, ids };
}

/** What passes ask and write. Statements are kept prepared, so this has a store of its own, which prepares all of them. */
async function ask(
  databases: TestDatabases,
  context: TestContext,
  location: string,
  { node, slice, ids }: Awaited<ReturnType<typeof fill>>,
) {
  const { placement, nodes, tasks, vms } = await databases.open(context, { location });
  const [first = '', ...others] = ids;
  assert.equal((await placement.onNode(node.id, [slice.id])).vms.length, 3);
  await placement.open();
  await nodes.byId(node.id);
  await tasks.running();
  await vms.outlines({ slice: 's' });
  await vms.observe([
    { id: first, observed: { step: 'disk' } },
    ...others.map((id, pid) => ({ id, observed: { state: 'running', pid } as const })),
  ]);
  await vms.observe(ids.map((id) => ({ id, observed: { addressed: true } })));
  await placement.clearLeftovers(node.id, [first]);
}

/** Those that have a plan. */
function planned(texts: readonly string[]): string[] {
  const statements = [...new Set(texts)].filter((text) => /^(select|update|delete)/.test(text) && !text.includes('pg_advisory'));
  assert.ok(statements.length >= 16, `${statements.length} statements`);
  return statements;
}

onSqlite((databases) => {
  /** Tables that grow with the fleet or with time, from end to end or from some place on. */
  const large = /^(SCAN (vms|nics|volumes|leftovers|events|tasks)\b|SEARCH .*\([a-z_]+[<>]\?)/;
  /** Indexes of the few rows that something is to be done for. */
  const ofFew = /USING (COVERING )?INDEX (vms_open|vms_awaited|vms_undecided|vms_abandoned)\b/;

  test('SC11 a pass over a node and a look at what is open read no table of the fleet from end to end', async (context) => {
    const location = await databases.freshLocation();
    const fleet = await fill(databases, context, location);
    const prepare = context.mock.method(DatabaseSync.prototype, 'prepare');
    await ask(databases, context, location, fleet);
    const statements = planned(prepare.mock.calls.map(({ arguments: [text] }) => String(text)));
    prepare.mock.restore();
    using database = new DatabaseSync(location, { readOnly: true });
    for (const text of statements) {
      const unknown = Array.from({ length: text.split('?').length - 1 }, () => null);
      const steps = database
        .prepare(`explain query plan ${text}`)
        .all(...unknown)
        .map(({ detail }) => String(detail));
      const wasteful = steps.filter((step) => large.test(step) && !ofFew.test(step));
      assert.deepEqual(wasteful, [], text);
    }
  });
});

onPostgres((databases) => {
  test('SC11 PostgreSQL reads no table of the fleet from end to end either, by plans for whatever values', async (context) => {
    const location = await databases.freshLocation();
    const fleet = await fill(databases, context, location);
    const query = context.mock.method(pg.Client.prototype, 'query');
    await ask(databases, context, location, fleet);
    const statements = planned(query.mock.calls.map(({ arguments: [given] }) => (given as unknown as { text: string }).text));
    query.mock.restore();
    const client = new pg.Client({ connectionString: location });
    await client.connect();
    try {
      await client.query('analyze');
      await client.query('set plan_cache_mode = force_generic_plan');
      for (const [index, text] of statements.entries()) {
        await client.query(`prepare asked${index} as ${text}`);
        const unknown = Array.from({ length: new Set(text.match(/\$\d+/g)).size }, () => 'null').join();
        const { rows } = await client.query(`explain execute asked${index}${unknown === '' ? '' : `(${unknown})`}`);
        const steps = rows.map((row) => String(row['QUERY PLAN']));
        assert.deepEqual(
          steps.filter((step) => /Seq Scan on (vms|nics)\b/.test(step)),
          [],
          `${text}\n${steps.join('\n')}`,
        );
      }
    } finally {
      await client.end();
    }
  });
});
