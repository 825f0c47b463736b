/** All migrations, in their order. The list is append-only; released migrations are never edited. */
import type { Migration } from '../database/migration.ts';
import { initial } from './0001-initial.ts';
import { vlanTags } from './0002-vlan-tags.ts';
import { outbox } from './0003-outbox.ts';
import { leader } from './0004-leader.ts';
import { owners } from './0005-owners.ts';
import { versions } from './0006-versions.ts';
import { retries } from './0007-retries.ts';

/** The migration at index n makes schema n + 1, and its file bears that number. */
export const migrations: readonly Migration[] = [initial, vlanTags, outbox, leader, owners, versions, retries];
