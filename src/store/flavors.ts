/** Flavors in the database. */
import type { Flavor } from '../model/vm/flavor.ts';
import type { Database } from './database/database.ts';
import type { FlavorStore } from './store.ts';

export class SqlFlavorStore implements FlavorStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Smallest first. */
  list(): Promise<Flavor[]> {
    return this.#database.read((queries) =>
      queries.selectFrom('flavors').select(['name', 'cpus', 'memory', 'disk']).orderBy('memory').orderBy('cpus').orderBy('name').execute(),
    );
  }
}
