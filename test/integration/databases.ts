/** Runs a suite of store tests on SQLite and on PostgreSQL, each test with a store of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext } from 'node:test';
import { openStore } from '../../src/store/open.ts';
import type { Store, StoreSettings } from '../../src/store/store.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

export const settings: StoreSettings = { segments: { first: 100, last: 2000 }, transit: '100.64.0.0/16' };

export interface TestDatabases {
  dialect: 'sqlite' | 'postgres';
  /** The location of a new, empty database. */
  freshLocation(): Promise<string>;
  /** A store in a new database, or at this location; closed when the test ends. */
  open(test: TestContext, options?: { location?: string; settings?: Partial<StoreSettings>; now?: () => number }): Promise<Store>;
}

/** `suite` registers the tests; it is called once for each database. */
export function onBothDatabases(suite: (databases: TestDatabases) => void): void {
  describe('sqlite', () => onSqlite(suite));
  describe('postgres', () => onPostgres(suite));
}

export function onSqlite(suite: (databases: TestDatabases) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'croft-sqlite-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  suite(
    databasesAt('sqlite', async () => {
      count += 1;
      return join(folder, `${count}.sqlite`);
    }),
  );
}

export function onPostgres(suite: (databases: TestDatabases) => void): void {
  let server: PostgresServer | undefined;
  before(async () => {
    server = await startPostgres();
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  suite(
    databasesAt('postgres', async () => {
      if (server === undefined) throw new Error('PostgreSQL is not started yet');
      return await server.freshDatabase();
    }),
  );
}

function databasesAt(dialect: TestDatabases['dialect'], freshLocation: () => Promise<string>): TestDatabases {
  return {
    dialect,
    freshLocation,
    async open(test, { location, settings: differing, ...options } = {}) {
      const store = await openStore({
        location: location ?? (await freshLocation()),
        settings: { ...settings, ...differing },
        ...options,
      });
      test.after(() => store.close());
      return store;
    },
  };
}
