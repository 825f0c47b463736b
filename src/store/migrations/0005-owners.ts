/** Each slice and each task has an owner, and events have an actor. Existing rows belong to the administrator. */
import type { SchemaWords } from '../database/database.ts';

export function owners({ text }: SchemaWords): string[] {
  return [
    `alter table slices add column owner ${text} not null default 'admin'`,
    'drop index slices_by_name',
    'create unique index slices_by_name on slices (owner, name)',
    `alter table tasks add column owner ${text} not null default 'admin'`,
    `alter table events add column actor ${text}`,
  ];
}
