/** Pulls in the database: the names that are to get the content of their definition, and the results of the attempts. */
import type { Selectable } from 'kysely';
import type { ImageDefinition } from '../../model/image/definition.ts';
import type { Image, ImagePull } from '../../model/image/image.ts';
import { urlWords } from '../../model/input/url-words.ts';
import type { Queries } from '../database/database.ts';
import { forms, readable, rowInWords } from '../database/json-columns.ts';
import { SqlStore } from '../database/sql-store.ts';
import type { Tables } from '../database/tables.ts';
import type { FetchedImage, ImagePullStore, PullIdentity } from '../store.ts';
import { pointNameAt } from './images.ts';
import { columnsOf, readImages } from './rows.ts';

export class SqlImagePullStore extends SqlStore implements ImagePullStore {
  list(): Promise<ImagePull[]> {
    return this.database.read(async (queries) => {
      const rows = await queries.selectFrom('image_pulls').selectAll().orderBy('created_at').orderBy('name').execute();
      return readable(rows, pullOf);
    });
  }

  request(definition: ImageDefinition): Promise<void> {
    return this.database.write(async (queries) => {
      await this.#ensureImage(queries, definition);
      const former = await queries.selectFrom('image_pulls').select('created_at').where('name', '=', definition.name).executeTakeFirst();
      await queries.deleteFrom('image_pulls').where('name', '=', definition.name).execute();
      const createdAt = Math.max(this.now(), (former?.created_at ?? 0) + 1);
      const pull = {
        name: definition.name,
        definition: forms.image_pulls.definition.write(definition),
        attempts: 0,
        created_at: createdAt,
      };
      await queries.insertInto('image_pulls').values(pull).execute();
    });
  }

  /** VMs refer to images by their rows, so the row exists before the content. */
  async #ensureImage(queries: Queries, { name, traits, sources }: ImageDefinition): Promise<void> {
    if ((await readImages(queries)).some((image) => image.name === name)) return;
    const image = {
      id: this.newIdentifier(),
      name,
      content: null,
      traits,
      origin: sources[0] === undefined ? null : urlWords(sources[0]),
      prepull: [],
      createdAt: this.now(),
    };
    await queries.insertInto('images').values(columnsOf(image)).execute();
  }

  fulfil({ name, createdAt }: PullIdentity, image: FetchedImage): Promise<Image | null> {
    return this.database.write(async (queries) => {
      const wished = await queries
        .selectFrom('image_pulls')
        .select('name')
        .where('name', '=', name)
        .where('created_at', '=', createdAt)
        .executeTakeFirst();
      if (wished === undefined) return null;
      return await pointNameAt(queries, image, { id: this.newIdentifier(), createdAt: this.now() });
    });
  }

  failed({ name, createdAt }: PullIdentity, reason: string, retryAt: number): Promise<void> {
    return this.database.write(async (queries) => {
      await queries
        .updateTable('image_pulls')
        .set((column) => ({ attempts: column('attempts', '+', 1), reason, retry_at: retryAt }))
        .where('name', '=', name)
        .where('created_at', '=', createdAt)
        .execute();
    });
  }

  giveUp(name: string): Promise<boolean> {
    return this.database.write(async (queries) => {
      const waiting = await queries
        .selectFrom('images')
        .select('id')
        .where('name', '=', name)
        .where('sha256', 'is', null)
        .where((where) =>
          where.or([
            where('id', 'in', where.selectFrom('vms').select('image_id')),
            where(
              'id',
              'in',
              where
                .selectFrom('volumes')
                .select((column) => column.ref('image_id').$notNull().as('image_id'))
                .where('image_id', 'is not', null),
            ),
          ]),
        )
        .executeTakeFirst();
      if (waiting !== undefined) return false;
      await queries.deleteFrom('image_pulls').where('name', '=', name).execute();
      await queries.deleteFrom('images').where('name', '=', name).where('sha256', 'is', null).execute();
      return true;
    });
  }
}

function pullOf(row: Selectable<Tables['image_pulls']>): ImagePull {
  const { name, attempts, retry_at: retryAt, reason, created_at: createdAt } = row;
  const definition = forms.image_pulls.definition.read(row.definition, rowInWords('image_pulls', name));
  return { name, definition, attempts, retryAt, reason, createdAt };
}
