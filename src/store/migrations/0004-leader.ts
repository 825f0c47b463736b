/** The leader among several controllers of one database. Its one row is no part of backups. */
import type { SchemaWords } from '../database/database.ts';

export function leader({ text, integer, tableSuffix }: SchemaWords): string[] {
  return [
    `create table leader (
      id ${integer} primary key check (id = 1),
      epoch ${integer} not null,
      url ${text} not null,
      host ${text} not null,
      pid ${integer} not null,
      since ${integer} not null,
      resigned ${integer} not null check (resigned in (0, 1))
    )${tableSuffix}`,
  ];
}
