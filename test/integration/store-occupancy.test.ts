/** One controller to a database, on both databases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { until } from '../lab/until.ts';
import { onBothDatabases } from './databases.ts';

const refused = { code: 'conflict.exists', message: /another controller works with/ };

onBothDatabases(({ open, dialect, freshLocation }) => {
  test('CR15 a database has one controller at a time, whichever home that has', async (context) => {
    const location = await freshLocation();
    const [one, other] = [await open(context, { location }), await open(context, { location })];
    {
      await using _ = await one.occupy(() => assert.fail('nobody takes it'));
      await assert.rejects(
        other.occupy(() => undefined),
        refused,
      );
      await using elsewhere = await (await open(context)).occupy(() => undefined);
      assert.ok(elsewhere);
    }
    await using _ = await other.occupy(() => undefined);
    await assert.rejects(
      one.occupy(() => undefined),
      refused,
    );
  });

  if (dialect === 'sqlite') return;

  test('CR15 a controller whose connection was cut has its database again, unless another has it by then', async (context) => {
    const location = await freshLocation();
    const [one, other] = [await open(context, { location }), await open(context, { location })];
    const lost = Promise.withResolvers<void>();
    await using _ = await one.occupy(lost.resolve);
    await cutHolder(location);
    await until('it is held again', async () => {
      const taken = await holders(location);
      return taken.length > 0 || undefined;
    });
    await assert.rejects(
      other.occupy(() => undefined),
      refused,
    );
    await cutHolder(location);
    await using taken = await other.occupy(() => undefined);
    assert.ok(taken);
    await lost.promise;
  });
});

/** Backends of sessions that hold a lock. */
async function holders(location: string): Promise<number[]> {
  const client = new Client({ connectionString: location });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    "select pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
  );
  await client.end();
  return rows.map(({ pid }) => pid);
}

async function cutHolder(location: string): Promise<void> {
  const client = new Client({ connectionString: location });
  await client.connect();
  for (const pid of await holders(location)) await client.query('select pg_terminate_backend($1, 10000)', [pid]);
  await client.end();
}
