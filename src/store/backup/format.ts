/** Reads the lines of a backup and checks each line before anything is written. Pure. */
import { CroftError } from '../../model/error.ts';
import { type ColumnKind, type TableName, tables } from '../database/tables.ts';

export type BackupValue = string | number | null;

/** One row; `line` is the number of its line, from 1, null for a row that differs from its line by now. */
export interface BackupRow {
  line: number | null;
  table: string;
  row: Record<string, BackupValue>;
}

export interface Backup {
  /** The number of the schema of the rows. */
  schema: number;
  rows: BackupRow[];
}

/**
 * The rows of a backup: a header, one line for each row, and a line that counts them, so that a truncated backup is noticed. Rejects with
 * `input.invalid` that names the line. `known` is the number of the newest accepted schema; rows of an older schema are checked during
 * their upgrade.
 */
export async function readBackup(lines: AsyncIterable<string>, known: number): Promise<Backup> {
  const rows: BackupRow[] = [];
  let line = 0;
  let schema = 0;
  let ended = false;
  for await (const text of lines) {
    line += 1;
    if (text === '') continue;
    if (ended) throw invalid(line, 'stands after the end');
    const value = parseObject(line, text);
    if (line === 1) schema = readHeader(value, known);
    else if (typeof value.rows === 'number') ended = checkEnd(line, value.rows, rows.length);
    else rows.push(schema === known ? readRow(line, value) : readOlderRow(line, value));
  }
  if (!ended) throw invalid(line + 1, 'is missing: the backup was cut short');
  if (!rows.some(({ table }) => table === 'controller')) throw invalid(line, 'is the end, and there was no controller');
  return { schema, rows };
}

function parseObject(line: number, text: string): Record<string, unknown> {
  const value = parseJson(line, text);
  if (!isRecord(value)) throw invalid(line, 'is not a JSON object');
  return value;
}

function parseJson(line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(line, 'is not JSON', error);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readHeader({ croft, schema }: Record<string, unknown>, known: number): number {
  if (croft !== 'backup' || typeof schema !== 'number') throw invalid(1, 'is not the header of a backup');
  if (Number.isInteger(schema) && schema >= 1 && schema <= known) return schema;
  throw new CroftError('input.invalid', `line 1 of the backup says schema ${schema}, this program restores schemas 1 to ${known}`, {
    hint: 'Restore it with the version of Croft that made it, or a later one.',
    issues: [{ path: 'schema', message: `not ${known}`, line: 1 }],
  });
}

function checkEnd(line: number, said: number, found: number): true {
  if (said !== found) throw invalid(line, `says that there are ${said} rows, there are ${found}`);
  return true;
}

function readRow(line: number, { table, row }: Record<string, unknown>): BackupRow {
  if (typeof table !== 'string' || !isTableName(table)) throw invalid(line, `names no table: ${JSON.stringify(table)}`);
  if (!isRecord(row)) throw invalid(line, 'has no row');
  const columns: Record<string, ColumnKind> = tables[table];
  const unknown = Object.keys(row).find((column) => !Object.hasOwn(columns, column));
  if (unknown !== undefined) throw invalid(line, `names no column of table "${table}": ${JSON.stringify(unknown)}`);
  return {
    line,
    table,
    row: Object.fromEntries(Object.entries(columns).map(([column, kind]) => [column, readValue(line, column, kind, row[column])])),
  };
}

/** The schema defines the tables and columns once it is created. */
function readOlderRow(line: number, { table, row }: Record<string, unknown>): BackupRow {
  if (typeof table !== 'string') throw invalid(line, `names no table: ${JSON.stringify(table)}`);
  if (!isRecord(row)) throw invalid(line, 'has no row');
  const values = Object.entries(row).map(([column, value]): [string, BackupValue] => {
    if (value === null || typeof value === 'string' || Number.isSafeInteger(value)) return [column, value as BackupValue];
    throw invalid(line, `has no text or whole number in column ${JSON.stringify(column)}`);
  });
  return { line, table, row: Object.fromEntries(values) };
}

function isTableName(name: string): name is TableName {
  return Object.hasOwn(tables, name);
}

function readValue(line: number, column: string, kind: ColumnKind, value: unknown): BackupValue {
  if (value === null && kind.endsWith('?')) return value;
  const fits = kind.startsWith('integer') ? Number.isSafeInteger(value) : typeof value === 'string';
  if (!fits || !(typeof value === 'string' || typeof value === 'number'))
    throw invalid(line, `has no ${kind.replace('?', '')} in column "${column}"`);
  if (kind.startsWith('json')) parseJson(line, String(value));
  return value;
}

function invalid(line: number, what: string, cause?: unknown): CroftError {
  return new CroftError('input.invalid', `line ${line} of the backup ${what}`, { issues: [{ path: '', message: what, line }], cause });
}
