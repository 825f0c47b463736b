/** Reads the whole schema of a database as text that two equal schemas share; run by itself, it writes the committed ones. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { openStore } from '../../src/store/open.ts';
import { settings } from './databases.ts';
import { postgresProgram, startPostgres } from './postgres.ts';

const run = promisify(execFile);

export function committedSchema(dialect: 'sqlite' | 'postgres'): string {
  return readFileSync(schemaPath(dialect), 'utf8');
}

/** What SQLite itself keeps of each statement, with its white space made even. */
export function sqliteSchema(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database
      .prepare("select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by tbl_name, type desc, name")
      .all();
    return `${rows.map(({ sql }) => `${String(sql).replace(/\n {4}/g, '\n')};`).join('\n\n')}\n`;
  } finally {
    database.close();
  }
}

/** What pg_dump says, without what depends on its version and settings. */
export async function postgresSchema(url: string): Promise<string> {
  const { stdout } = await run(postgresProgram('pg_dump'), ['--schema-only', '--no-owner', '--no-privileges', url]);
  const kept = stdout.split('\n').filter((line) => !/^(--|SET |SELECT pg_catalog|\\)/.test(line));
  return `${kept
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function schemaPath(dialect: 'sqlite' | 'postgres'): string {
  return join(import.meta.dirname, '../../src/store/schema', `${dialect}.sql`);
}

/** To be run after a migration was added. */
async function writeCommittedSchemas(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'croft-schema-'));
  try {
    const location = join(folder, 'store.sqlite');
    await (await openStore({ location, settings })).close();
    writeFileSync(schemaPath('sqlite'), sqliteSchema(location));
    await using server = await startPostgres();
    const url = await server.freshDatabase();
    await (await openStore({ location: url, settings })).close();
    writeFileSync(schemaPath('postgres'), await postgresSchema(url));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await writeCommittedSchemas();
