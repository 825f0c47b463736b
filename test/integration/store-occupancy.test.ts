/** One controller to a database, on both databases. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { Client } from 'pg';
import type { Occupant } from '../../src/store/database/database.ts';
import { occupyPostgres } from '../../src/store/database/postgres-occupancy.ts';
import { occupyDatabase, occupyOnceFree } from '../../src/store/occupancy.ts';
import { until } from '../support/until.ts';
import { onBothDatabases } from './databases.ts';

const refused = { code: 'conflict.exists', message: /another controller works with/ };

/** One that hears of nothing but its end. */
function occupant(lost: () => void, isCurrent: () => Promise<boolean> = async () => false): Occupant {
  return { suspended: () => undefined, resumed: () => undefined, lost, isCurrent };
}

const undisturbed = occupant(() => assert.fail('nobody takes it'));
const indifferent = occupant(() => undefined);

onBothDatabases(({ open, dialect, freshLocation }) => {
  test('CR15 a database has one controller at a time, whichever home that has', async () => {
    const location = await freshLocation();
    {
      await using _ = await occupyDatabase(location, undisturbed);
      await assert.rejects(occupyDatabase(location, indifferent), refused);
      await using elsewhere = await occupyDatabase(await freshLocation(), indifferent);
      assert.ok(elsewhere);
    }
    await using _ = await occupyDatabase(location, indifferent);
    await assert.rejects(occupyDatabase(location, indifferent), refused);
  });

  if (dialect === 'sqlite') {
    test('CR15 a database has one controller at a time by any of its names', async () => {
      const location = await freshLocation();
      const link = `${location}.link`;
      writeFileSync(location, '');
      symlinkSync(location, link);
      await using _ = await occupyDatabase(location, undisturbed);
      await assert.rejects(occupyDatabase(link, indifferent), refused);
    });
    return;
  }

  test('CR15 a controller whose connection was cut has its database again, unless another has it by then', async () => {
    const location = await freshLocation();
    const lost = Promise.withResolvers<void>();
    await using _ = await occupyDatabase(location, occupant(lost.resolve));
    await cutHolder(location);
    await until('it is held again', async () => {
      const taken = await holders(location);
      return taken.length > 0 || undefined;
    });
    await assert.rejects(occupyDatabase(location, indifferent), refused);
    await cutHolder(location);
    await using taken = await occupyDatabase(location, indifferent);
    assert.ok(taken);
    await lost.promise;
  });

  test('CR15 a controller whose connection was cut leaves its database to one that stands by, and hears of it first', async () => {
    const location = await freshLocation();
    const heard: string[] = [];
    const lost = Promise.withResolvers<void>();
    const first: Occupant = {
      suspended: () => void heard.push('suspended'),
      resumed: () => void heard.push('resumed'),
      lost: () => lost.resolve(),
      isCurrent: async () => false,
    };
    await using _ = await occupyDatabase(location, first);
    const waits = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<unknown>();
    const standBy = { signal: new AbortController().signal, waits: async () => waits.resolve(), seen: seen.resolve, failed: assert.fail };
    const taking = occupyOnceFree(location, undisturbed, standBy);
    await waits.promise;
    assert.equal(await seen.promise, null);
    await cutHolder(location);
    await lost.promise;
    await using taken = await taking;
    assert.ok(taken);
    assert.deepEqual(heard, ['suspended']);
  });

  test('CR15 one that stands by and is not wanted any more takes nothing', async () => {
    const location = await freshLocation();
    await using _ = await occupyDatabase(location, undisturbed);
    const end = new AbortController();
    const standBy = { signal: end.signal, waits: async () => end.abort(), seen: () => undefined, failed: assert.fail };
    assert.equal(await occupyOnceFree(location, indifferent, standBy), null);
  });

  test('CR15 what a former leader still writes is refused once another has registered, and says who leads', async (context) => {
    const location = await freshLocation();
    const [former, later] = [await open(context, { location }), await open(context, { location })];
    const leader = { url: 'http://192.0.2.7:7420', host: 'beta', pid: 7, since: 0 };
    assert.equal(await former.leader.register({ ...leader, host: 'alpha' }), false);
    await former.events.append([{ kind: 'image.map', message: 'one' }]);
    assert.equal(await later.leader.register(leader), true);
    assert.deepEqual([await former.leader.isCurrent(), await later.leader.isCurrent()], [false, true]);
    await assert.rejects(former.events.append([{ kind: 'image.map', message: 'late' }]), {
      code: 'controller.standby',
      message: /192\.0\.2\.7:7420 .*process 7 on beta/,
    });
    await later.events.append([{ kind: 'image.map', message: 'two' }]);
    assert.deepEqual(
      (await later.events.after(0, 10)).map(({ message }) => message),
      ['one', 'two'],
    );
    await later.leader.resign();
    assert.equal(await (await open(context, { location })).leader.register(leader), false);
  });

  test('CR15 a database that is given up while it is taken again after a cut is given up, and free', async (context) => {
    const location = await freshLocation();
    const gate = await startGate(location);
    context.after(() => gate.close());
    const held = await occupyPostgres({ connectionString: gate.location }, undisturbed);
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

/** Backends of sessions that hold the lock of controllers: 0x43 and 0x524f4655 as the two halves of its key. */
async function holders(location: string): Promise<number[]> {
  const client = new Client({ connectionString: location });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    "select pid from pg_locks where locktype = 'advisory' and granted and classid = 67 and objid = 1380927061 and database = (select oid from pg_database where datname = current_database())",
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
