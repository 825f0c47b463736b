/** Migrations: the committed schema, newer databases, and processes that open the same database at once. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import type { Database } from '../../src/store/database/database.ts';
import { migrate } from '../../src/store/database/migrate.ts';
import type { Migration } from '../../src/store/database/migration.ts';
import { openPostgres } from '../../src/store/database/postgres.ts';
import { openSqlite } from '../../src/store/database/sqlite.ts';
import { retries } from '../../src/store/migrations/0007-retries.ts';
import { migrations } from '../../src/store/migrations/migrations.ts';
import { openStore } from '../../src/store/open.ts';
import { onBothDatabases, settings } from './databases.ts';
import { startPostgres } from './postgres.ts';
import { committedSchema, postgresSchema, sqliteSchema } from './schema.ts';

const run = promisify(execFile);
const openingProgram = join(import.meta.dirname, 'store-opening.ts');

onBothDatabases(({ dialect, open, freshLocation }) => {
  const openDatabase = (location: string): Database => (dialect === 'sqlite' ? openSqlite(location) : openPostgres(location));

  test('CR15 all migrations together make the committed schema', async (t) => {
    const location = await freshLocation();
    await open(t, { location });
    const schema = dialect === 'sqlite' ? sqliteSchema(location) : await postgresSchema(location);
    assert.equal(schema, committedSchema(dialect));
  });

  test('CR15 a store that is opened again has the same controller and all that was in it', async () => {
    const location = await freshLocation();
    const first = await openStore({ location, settings });
    await first.events.append([{ kind: 'image.map', message: 'kept' }]);
    await first.close();
    const second = await openStore({ location, settings });
    assert.match(second.controllerId, /^[a-z2-7]{8}$/);
    assert.equal(second.controllerId, first.controllerId);
    assert.equal((await second.events.after(0, 1))[0]?.message, 'kept');
    await second.close();
  });

  test('CR15 a database that a newer program has migrated is refused', async () => {
    const location = await freshLocation();
    const database = openDatabase(location);
    await migrate(database, Date.now, [...migrations, () => ['create table later (id integer primary key)']]);
    await database.close();
    await assert.rejects(openStore({ location, settings }), {
      code: 'conflict.changed',
      message: `the database has schema ${migrations.length + 1}, this program knows schemas up to ${migrations.length}`,
    });
  });

  test('CR15 a migration that fails leaves nothing of itself, and is run again', async () => {
    const location = await freshLocation();
    const database = openDatabase(location);
    const failing: Migration = () => ['create table half (id integer primary key)', 'create table half (id integer primary key)'];
    await assert.rejects(migrate(database, Date.now, [...migrations, failing]), /half/);
    await migrate(database, Date.now, [...migrations, () => ['create table half (id integer primary key)']]);
    const { rows } = await database.read((queries) =>
      sql<{ number: number }>`select number from migrations order by number`.execute(queries),
    );
    assert.deepEqual(
      rows.map(({ number }) => number),
      [...migrations.keys(), migrations.length].map((index) => index + 1),
    );
    await database.close();
  });

  test('CR15 a migration reads rows and writes them in another shape, by functions of queries, all of it or nothing', async () => {
    const location = await freshLocation();
    const database = openDatabase(location);
    await migrate(database, Date.now);
    const ages: Migration = ({ integer }) => [
      `create table ages (name text primary key, age ${integer} not null)`,
      async (queries) => {
        const flavors = await queries.withTables<{ flavors: { name: string } }>().selectFrom('flavors').select('name').execute();
        for (const { name } of flavors) await sql`insert into ages (name, age) values (${name}, ${name.length})`.execute(queries);
      },
    ];
    const failing: Migration = (words) => [
      ...ages(words),
      async () => {
        throw new Error('not this time');
      },
    ];
    await database.write((queries) => queries.insertInto('flavors').values({ name: 'huge', cpus: 1, memory: 1, disk: null }).execute());
    await assert.rejects(migrate(database, Date.now, [...migrations, failing]), /not this time/);
    await migrate(database, Date.now, [...migrations, ages]);
    const { rows } = await database.read((queries) => sql`select name, age from ages`.execute(queries));
    assert.deepEqual(rows, [{ name: 'huge', age: 4 }]);
    await database.close();
  });

  test('CR15 networks that are there keep their VLAN tags, and the next ones follow them', async () => {
    const location = await freshLocation();
    const database = openDatabase(location);
    await migrate(database, Date.now, migrations.slice(0, 1));
    await database.write(async (queries) => {
      for (const text of [
        "insert into controller (id, last_segment, created_at) values ('abcd2345', 121, 0)",
        "insert into slices (id, name, spec, generation, desired, transit, created_at) values ('s', 'blue', '{}', 1, 'running', 0, 0)",
        "insert into networks (id, slice_id, name, spec, segment) values ('n', 's', 'lan', '{}', 120)",
      ]) {
        await sql.raw(text).execute(queries);
      }
    });
    await migrate(database, Date.now);
    const cursors = await database.read((queries) => queries.selectFrom('controller').select(['last_vlan', 'last_segment']).execute());
    const networks = await database.read((queries) => queries.selectFrom('networks').select(['segment', 'vlan']).execute());
    await database.close();
    assert.deepEqual(cursors, [{ last_vlan: 121, last_segment: 0 }]);
    assert.deepEqual(networks, [{ segment: 120, vlan: 120 }]);
  });

  test('CR15 existing VMs keep their restarts; their state tells whether a waiting time belonged to a change or to a restart', async () => {
    const location = await freshLocation();
    const database = openDatabase(location);
    await migrate(database, Date.now, migrations.slice(0, migrations.indexOf(retries)));
    const states = ['failed', 'none', 'running'];
    await database.write(async (queries) => {
      for (const text of [
        "insert into slices (id, name, spec, generation, desired, transit, created_at) values ('s', 'blue', '{}', 1, 'running', 0, 0)",
        "insert into images (id, name, current, traits, prepull, created_at) values ('i', 'micro', 1, '{}', '[]', 0)",
        ...states.map(
          (state, index) => `insert into vms (id, slice_id, name, spec, cpus, memory, disk, desired, generation, boot, image_id, abandoned,
            state, restarts, retry_at, attempted, addressed, created_at)
            values ('${state}', 's', '${state}', '{}', 1, 1, 1, 'running', 1, 0, 'i', 0, '${state}', ${index}, 9, 'hash', 0, 0)`,
        ),
      ]) {
        await sql.raw(text).execute(queries);
      }
    });
    await migrate(database, Date.now);
    const vms = await database.read((queries) => queries.selectFrom('vms').selectAll().orderBy('id').execute());
    await database.close();
    assert.deepEqual(
      vms.map((vm) => [vm.id, vm.restarts, vm.restart_at, vm.change_retry_at, vm.change_attempted, vm.launch_attempted]),
      [
        ['failed', 0, 9, null, null, null],
        ['none', 1, null, null, null, null],
        ['running', 2, null, 9, 'hash', null],
      ],
    );
    assert.deepEqual(
      vms.map((vm) => [vm.launch_failures, vm.launch_retry_at, vm.change_failures, vm.disk_failures, vm.disk_retry_at]),
      states.map(() => [0, null, 0, 0, null]),
    );
  });

  test('CR15 six processes that open a new database at once migrate it once', async () => {
    const location = await freshLocation();
    const processes = Array.from({ length: 6 }, () => run(process.execPath, [openingProgram, location]));
    const controllers = (await Promise.all(processes)).map(({ stdout }) => stdout.trim());
    assert.match(controllers[0] ?? '', /^[a-z2-7]{8}$/);
    assert.equal(new Set(controllers).size, 1);
  });

  test('CR15 settings that nothing can be allocated from are refused', async () => {
    const location = await freshLocation();
    for (const transit of ['10.0.0.0/31', '10.0.0.1/24', 'ten']) {
      await assert.rejects(openStore({ location, settings: { ...settings, transit } }), { code: 'input.invalid' });
    }
  });

  test('CR15 what cannot be opened is said without the password', async () => {
    const location = dialect === 'sqlite' ? '/proc/none/store.sqlite' : 'postgres://croft:secret@127.0.0.1:1/none';
    await assert.rejects(openStore({ location, settings }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'unavailable');
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  if (dialect === 'sqlite') {
    test('CR15 the file is for its owner only, and one that is no database is left as it is', async (t) => {
      const location = await freshLocation();
      await open(t, { location });
      assert.equal(statSync(location).mode & 0o777, 0o600);
      const other = await freshLocation();
      writeFileSync(other, 'something else, long enough to be no header of a database at all'.repeat(20));
      await assert.rejects(openStore({ location: other, settings }), { code: 'unavailable', message: /file is not a database/ });
    });
  } else {
    test('CR15 a PostgreSQL that is stopped is named as unavailable', async (t) => {
      const server = await startPostgres();
      t.after(() => server[Symbol.asyncDispose]());
      const store = await open(t, { location: await server.freshDatabase() });
      await server[Symbol.asyncDispose]();
      await assert.rejects(store.events.latest(), { code: 'unavailable', message: /PostgreSQL server cannot be reached/ });
      await assert.rejects(store.events.prune({ kept: 1, since: 0 }, 10), { code: 'unavailable' });
    });

    test('CR15 a transaction that PostgreSQL gives up is run again, a bounded number of times', async () => {
      const database = openDatabase(await freshLocation());
      let runs = 0;
      const failing = (times: number) =>
        database.write(async (queries) => {
          runs += 1;
          if (runs <= times) await sql`do $$ begin raise sqlstate '40001'; end $$`.execute(queries);
          return runs;
        });
      assert.equal(await failing(2), 3);
      runs = 0;
      await assert.rejects(failing(100), { code: '40001' });
      assert.equal(runs, 5);
      await database.close();
    });
  }
});
