import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openSqlite } from './sqlite.ts';

test('SC11 a statement that is asked again is prepared once, however many long lists were asked for meanwhile', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'croft-sqlite-'));
  const database = openSqlite(path.join(folder, 'croft.sqlite'));
  context.after(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });
  const prepare = context.mock.method(DatabaseSync.prototype, 'prepare');
  const askFor = (values: readonly number[]) =>
    database.ask(async (queries) => (await sql<{ found: number }>`select 1 in (${sql.join(values)}) as found`.execute(queries)).rows);
  assert.deepEqual(await askFor([1]), [{ found: 1 }]);
  for (let length = 1_400; length < 1_910; length += 1) await askFor(new Array(length).fill(2));
  const before = prepare.mock.callCount();
  assert.deepEqual(await askFor([2]), [{ found: 0 }]);
  assert.equal(prepare.mock.callCount(), before);
});
