/** Images in the database. A row never changes its content; a name moves to another row. */
import { CroftError } from '../../model/error.ts';
import type { Image, ImageContent } from '../../model/image/image.ts';
import { goneById } from '../../model/missing.ts';
import type { Queries } from '../database/database.ts';
import { SqlStore } from '../database/sql-store.ts';
import { fullName } from '../slice/full-name.ts';
import type { FetchedImage, ImageStore, LeftOut } from '../store.ts';
import { recountUsers } from '../vm/demand.ts';
import { columnsOf, deleteUnnamedImages, imageOf, pickImage, readImages } from './rows.ts';

export class SqlImageStore extends SqlStore implements ImageStore {
  list(leftOut?: LeftOut): Promise<Image[]> {
    return this.database.ask((queries) => readImages(queries, leftOut));
  }

  get(name: string): Promise<Image> {
    return this.database.ask(async (queries) => pickImage(await readImages(queries), name));
  }

  async byId(id: string): Promise<Image> {
    const row = await this.database.ask((queries) => queries.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst());
    if (row === undefined) throw goneById('image', id);
    return imageOf(row);
  }

  put(fetched: FetchedImage): Promise<Image> {
    return this.database.write((queries) => pointNameAt(queries, fetched, { id: this.newIdentifier(), createdAt: this.now() }));
  }

  setPrepull(name: string, prepull: readonly string[]): Promise<Image> {
    return this.database.write(async (queries) => {
      const image = { ...pickImage(await readImages(queries), name), prepull: [...prepull] };
      await queries.updateTable('images').set(columnsOf(image)).where('id', '=', image.id).execute();
      return image;
    });
  }

  remove(name: string): Promise<void> {
    return this.database.write(async (queries) => {
      const { id } = pickImage(await readImages(queries), name);
      const users = await usersOf(queries, name);
      if (users.length > 0) {
        throw new CroftError('conflict.in-use', `image "${name}" is used by ${users.join(', ')}`, { hint: 'Remove these VMs first.' });
      }
      await queries.deleteFrom('image_pulls').where('name', '=', name).execute();
      await queries.deleteFrom('images').where('id', '=', id).execute();
    });
  }

  async contents(): Promise<string[]> {
    const rows = await this.database.read((queries) =>
      queries.selectFrom('images').select('sha256').distinct().where('sha256', 'is not', null).execute(),
    );
    return rows.flatMap(({ sha256 }) => sha256 ?? []);
  }
}

/** Gives the name this content, in its present row or in a new row, and ends its pull. */
export async function pointNameAt(queries: Queries, fetched: FetchedImage, fresh: Pick<Image, 'id' | 'createdAt'>): Promise<Image> {
  const { name, content, traits, origin } = fetched;
  const former = (await readImages(queries)).find((image) => image.name === name) ?? null;
  await queries.deleteFrom('image_pulls').where('name', '=', name).execute();
  const kept = former !== null && (former.content === null || isSame(former.content, content)) ? former : null;
  const { id, createdAt } = kept ?? fresh;
  const image: Image = { id, name, content, traits, origin, prepull: former?.prepull ?? [], createdAt };
  if (kept !== null) {
    await queries.updateTable('images').set(columnsOf(image)).where('id', '=', id).execute();
    await recountUsers(queries, id);
    return image;
  }
  if (former !== null) await release(queries, former.id);
  await queries.insertInto('images').values(columnsOf(image)).execute();
  return image;
}

function isSame(left: ImageContent, right: ImageContent): boolean {
  return left.sha256 === right.sha256 && left.format === right.format;
}

/** Takes the name from a row: the row stays while VMs made from it do. */
async function release(queries: Queries, id: string): Promise<void> {
  await queries.updateTable('images').set({ current: 0 }).where('id', '=', id).execute();
  await deleteUnnamedImages(queries);
}

/** VMs whose disk or volumes were made from an image of this name, including former content of the name: their slices name it. */
async function usersOf(queries: Queries, name: string): Promise<string[]> {
  const images = queries.selectFrom('images').select('id').where('name', '=', name);
  const vms = await queries
    .selectFrom('vms')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select([fullName.as('slice'), 'vms.name as vm'])
    .where((where) =>
      where.or([
        where('vms.image_id', 'in', images),
        where('vms.id', 'in', where.selectFrom('volumes').select('volumes.vm_id').where('volumes.image_id', 'in', images)),
      ]),
    )
    .orderBy('slices.owner')
    .orderBy('slices.name')
    .orderBy('vms.name')
    .execute();
  return vms.map(({ slice, vm }) => `${slice}/${vm}`);
}
