/** Images in the database. A row never changes its content; a name moves to another row. */
import type { Selectable } from 'kysely';
import { CroftError } from '../model/error.ts';
import type { NewIdentifier } from '../model/identifier.ts';
import type { Image } from '../model/image.ts';
import type { Database, Queries } from './database.ts';
import { goneById, missing } from './missing.ts';
import type { ImageStore } from './store.ts';
import type { Tables } from './tables.ts';

export class SqlImageStore implements ImageStore {
  readonly #database: Database;
  readonly #newIdentifier: NewIdentifier;
  readonly #now: () => number;

  constructor(database: Database, newIdentifier: NewIdentifier, now: () => number) {
    this.#database = database;
    this.#newIdentifier = newIdentifier;
    this.#now = now;
  }

  /** Sorted by name; what VMs were made from before a name moved is not among them. */
  list(): Promise<Image[]> {
    return this.#database.read(readImages);
  }

  get(name: string): Promise<Image> {
    return this.#database.read(async (queries) => pickImage(await readImages(queries), name));
  }

  async byId(id: string): Promise<Image> {
    const row = await this.#database.read((queries) => queries.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst());
    if (row === undefined) throw goneById('image', id);
    return imageOf(row);
  }

  put(content: Omit<Image, 'id' | 'createdAt'>): Promise<Image> {
    return this.#database.write(async (queries) => {
      const former = (await readImages(queries)).find(({ name }) => name === content.name);
      if (former !== undefined && former.sha256 === content.sha256 && former.format === content.format) return former;
      if (former !== undefined) await release(queries, former.id);
      const image: Image = { ...content, id: this.#newIdentifier(), createdAt: this.#now() };
      await queries.insertInto('images').values(columnsOf(image)).execute();
      return image;
    });
  }

  remove(name: string): Promise<void> {
    return this.#database.write(async (queries) => {
      const { id } = pickImage(await readImages(queries), name);
      const users = await usersOf(queries, id);
      if (users.length > 0) {
        throw new CroftError('conflict.in-use', `image "${name}" is used by ${users.join(', ')}`, { hint: 'Remove these VMs first.' });
      }
      await queries.deleteFrom('images').where('id', '=', id).execute();
    });
  }

  async contents(): Promise<string[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('images').select('sha256').distinct().execute());
    return rows.map(({ sha256 }) => sha256);
  }
}

/** Those that a name points at, sorted by it. */
export async function readImages(queries: Queries): Promise<Image[]> {
  const rows = await queries.selectFrom('images').selectAll().where('current', '=', 1).orderBy('name').execute();
  return rows.map(imageOf);
}

/** Throws `not-found` with near names. */
export function pickImage(images: readonly Image[], name: string): Image {
  const image = images.find((candidate) => candidate.name === name);
  if (image !== undefined) return image;
  throw missing(
    'image',
    name,
    images.map((candidate) => candidate.name),
  );
}

/** Takes its name from a row: it stays while VMs made from it do. */
async function release(queries: Queries, id: string): Promise<void> {
  await queries.updateTable('images').set({ current: 0 }).where('id', '=', id).execute();
  await deleteUnnamedImages(queries);
}

/** Deletes the rows that neither a name nor a VM points at. */
export async function deleteUnnamedImages(queries: Queries): Promise<void> {
  await queries
    .deleteFrom('images')
    .where('current', '=', 0)
    .where('id', 'not in', (from) => from.selectFrom('vms').select('image_id'))
    .execute();
}

async function usersOf(queries: Queries, imageId: string): Promise<string[]> {
  const vms = await queries
    .selectFrom('vms')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select(['slices.name as slice', 'vms.name as vm'])
    .where('vms.image_id', '=', imageId)
    .orderBy('slices.name')
    .orderBy('vms.name')
    .execute();
  return vms.map(({ slice, vm }) => `${slice}/${vm}`);
}

export function imageOf(row: Selectable<Tables['images']>): Image {
  const { id, name, sha256, format, size, virtual_size: virtualSize, created_at: createdAt } = row;
  return { id, name, sha256, format, size, virtualSize, createdAt };
}

function columnsOf({ id, name, sha256, format, size, virtualSize, createdAt }: Image) {
  return { id, name, current: 1, sha256, format, size, virtual_size: virtualSize, created_at: createdAt };
}
