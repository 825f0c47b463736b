/** Upgrades the rows of an older backup to the schema of this program: runs the migrations in an in-memory database. */
import type { Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { openSqliteInMemory } from '../database/sqlite.ts';
import { migrations } from '../migrations/migrations.ts';
import type { Backup, BackupRow } from './format.ts';
import { insertRow, rowsOf, tableNames } from './rows.ts';

/** Rejects with `input.invalid` that names the line which the line's schema does not accept. */
export async function upgradeBackup({ schema, rows }: Backup): Promise<BackupRow[]> {
  if (schema === migrations.length) return rows;
  const database = openSqliteInMemory();
  try {
    await migrate(database, () => 0, migrations.slice(0, schema));
    await database.write(async (queries) => {
      for (const row of rows) await insertRow(queries, row);
    });
    await migrate(database, () => 0);
    return await readAll(database);
  } finally {
    await database.close();
  }
}

function readAll(database: Database): Promise<BackupRow[]> {
  return database.read(async (queries) => {
    const rows: BackupRow[] = [];
    for (const table of tableNames) {
      for await (const row of rowsOf(queries, table)) rows.push({ line: null, table, row });
    }
    return rows;
  });
}
