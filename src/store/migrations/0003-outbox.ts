/**
 * Events carry data and are read by durable cursors; the highest pruned sequence is stored, so that a reader learns which events are
 * lost.
 */
import type { SchemaWords } from '../database/database.ts';

export function outbox({ text, integer, tableSuffix }: SchemaWords): string[] {
  return [
    `alter table events add column data ${text}`,
    `create table cursors (
      name ${text} primary key,
      sequence ${integer} not null,
      moved_at ${integer} not null
    )${tableSuffix}`,
    `alter table controller add column events_pruned ${integer} not null default 0`,
    'update controller set events_pruned = coalesce((select min(sequence) - 1 from events), 0)',
  ];
}
