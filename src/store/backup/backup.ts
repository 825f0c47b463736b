/** Backups: all rows as lines of JSON. Both databases write and read the same format. */
import type { NewEvent } from '../../model/event.ts';
import type { Database } from '../database/database.ts';
import { readSchemaVersion, schemaVersion } from '../database/migrate.ts';
import { insertEvents } from '../events.ts';
import type { BackupStore } from '../store.ts';
import { readBackup } from './format.ts';
import { insertRow, refuseUnreadable, rowsOf, tableNames } from './rows.ts';
import { upgradeBackup } from './upgrade.ts';

export class SqlBackupStore implements BackupStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #restored: () => Promise<void>;

  /** `restored` is called after a restore has been committed. */
  constructor(database: Database, now: () => number, restored: () => Promise<void>) {
    this.#database = database;
    this.#now = now;
    this.#restored = restored;
  }

  async *dump(): AsyncGenerator<string> {
    await using snapshot = await this.#database.snapshot();
    // A snapshot shows the moment of its first query, so this query runs before any output.
    const schema = await readSchemaVersion(snapshot.queries);
    yield JSON.stringify({ croft: 'backup', schema, at: this.#now() });
    let rows = 0;
    for (const table of tableNames) {
      for await (const row of rowsOf(snapshot.queries, table)) {
        yield JSON.stringify({ table, row });
        rows += 1;
      }
    }
    yield JSON.stringify({ rows });
  }

  /** All lines are read before anything is replaced, so that a slow or stalled input delays no other transaction. */
  async restore(lines: AsyncIterable<string>, events: readonly NewEvent[] = []): Promise<void> {
    const rows = await upgradeBackup(await readBackup(lines, schemaVersion));
    for (const row of rows) refuseUnreadable(row);
    await this.#database.write(async (queries) => {
      for (const table of tableNames.toReversed()) await queries.deleteFrom(table).execute();
      for (const row of rows) await insertRow(queries, row);
      await this.#database.continueEvents(queries);
      await insertEvents(queries, this.#now(), events);
    });
    await this.#restored();
  }
}
