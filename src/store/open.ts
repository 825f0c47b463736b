/** Opens the store: chooses the database, upgrades its schema, and assembles the resources. */
import { newIdentifier as anIdentifier, type NewIdentifier, newControllerIdentifier } from '../model/identifier.ts';
import { initialFlavors } from '../model/vm/flavor.ts';
import { SqlBackupStore } from './backup/backup.ts';
import { commitWithin } from './commit.ts';
import type { Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { openPostgres } from './database/postgres.ts';
import { openSqlite } from './database/sqlite.ts';
import { SqlEventStore } from './events.ts';
import { SqlFlavorStore } from './flavors.ts';
import { SqlImageStore } from './image/images.ts';
import { SqlImagePullStore } from './image/pulls.ts';
import { SqlLeaderStore } from './leader.ts';
import { checkLocation, isPostgres } from './location.ts';
import { SqlNodeStore } from './node/nodes.ts';
import { unopened } from './occupancy.ts';
import { SqlOutbox } from './outbox.ts';
import { SqlPlacementStore } from './placement/placement.ts';
import { SqlSliceStore } from './slice/slices.ts';
import { transitCount } from './slice/transit.ts';
import type { Store, StoreSettings } from './store.ts';
import { SqlTaskStore } from './tasks.ts';
import { readUnreadable } from './unreadable.ts';
import { SqlVmStore } from './vm/vms.ts';

export interface OpenStoreOptions {
  /** A file path, or `postgres://user:password@host:port/database`. */
  location: string;
  settings: StoreSettings;
  newIdentifier?: NewIdentifier;
  /** ms since 1970. */
  now?: () => number;
}

/**
 * Opens the store, and at the first opening creates its schema, the controller's identifier and the initial flavors. Rejects with
 * `unavailable` where the database cannot be reached, `conflict.changed` where a newer program has migrated it, `input.invalid` for
 * settings that leave nothing to allocate.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { location, settings, newIdentifier = anIdentifier, now = Date.now } = options;
  transitCount(settings.transit);
  const database = await openDatabase(location, now);
  let controllerId = await readControllerId(database);
  return {
    dialect: database.dialect,
    get controllerId() {
      return controllerId;
    },
    nodes: new SqlNodeStore(database, newIdentifier, now),
    flavors: new SqlFlavorStore(database),
    images: new SqlImageStore(database, newIdentifier, now),
    imagePulls: new SqlImagePullStore(database, newIdentifier, now),
    slices: new SqlSliceStore(database, settings, newIdentifier, now),
    vms: new SqlVmStore(database),
    placement: new SqlPlacementStore(database, settings.transit),
    tasks: new SqlTaskStore(database, newIdentifier, now),
    events: new SqlEventStore(database, now),
    outbox: new SqlOutbox(database, now, () => controllerId),
    backups: new SqlBackupStore(database, now, async () => {
      controllerId = await readControllerId(database);
    }),
    leader: new SqlLeaderStore(database),
    commit: (by, work) => database.write((queries) => work(commitWithin(queries, { settings, newIdentifier, now, actor: by.name }))),
    unreadable: () => database.read(readUnreadable),
    close: () => database.close(),
  };
}

async function openDatabase(location: string, now: () => number): Promise<Database> {
  const remote = isPostgres(location);
  checkLocation(location);
  let database: Database | undefined;
  try {
    database = remote ? openPostgres(location) : openSqlite(location);
    await migrate(database, now);
    await fill(database, now());
    return database;
  } catch (error) {
    await database?.close();
    throw unopened(location, error);
  }
}

/** The initial content of a new database. */
async function fill(database: Database, now: number): Promise<void> {
  await database.write(async (queries) => {
    const controller = await queries.selectFrom('controller').select('id').executeTakeFirst();
    if (controller !== undefined) return;
    const cursors = { last_vlan: 0, last_segment: 0, events_pruned: 0 };
    await queries
      .insertInto('controller')
      .values({ id: newControllerIdentifier(), ...cursors, created_at: now })
      .execute();
    await queries
      .insertInto('flavors')
      .values([...initialFlavors])
      .execute();
  });
}

async function readControllerId(database: Database): Promise<string> {
  const { id } = await database.read((queries) => queries.selectFrom('controller').select('id').executeTakeFirstOrThrow());
  return id;
}
