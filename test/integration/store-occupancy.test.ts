/** One controller to a database, on both databases. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { Client } from 'pg';
import { occupyPostgres } from '../../src/store/database/postgres-occupancy.ts';
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

  test('CR15 a database that is given up while it is taken again after a cut is given up, and free', async (context) => {
    const location = await freshLocation();
    const gate = await startGate(location);
    context.after(() => gate.close());
    const held = await occupyPostgres({ connectionString: gate.location }, () => assert.fail('nobody takes it'));
    await gate.shut();
    const over = held?.[Symbol.asyncDispose]();
    gate.open();
    await over;
    await until('nobody holds it', async () => (await holders(location)).length === 0 || undefined);
  });
});

/** A way to the server. `shut` cuts who is connected, and resolves when somebody comes, who waits until it is open again. */
async function startGate(location: string) {
  const target = new URL(location);
  const sockets = new Set<Socket>();
  let way = Promise.resolve();
  let open = () => undefined as unknown;
  let somebodyCame = () => undefined as unknown;
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    somebodyCame();
    void way.then(() => {
      const inner = connect(Number(target.port || 5432), target.hostname).on('error', () => undefined);
      sockets.add(inner);
      socket.pipe(inner).pipe(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(location);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    location: through.href,
    shut(): Promise<void> {
      const coming = Promise.withResolvers<void>();
      const opening = Promise.withResolvers<void>();
      [way, open, somebodyCame] = [opening.promise, opening.resolve, coming.resolve];
      cut();
      return coming.promise;
    },
    open: () => open(),
    close(): void {
      cut();
      server.close();
    },
  };
}

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
