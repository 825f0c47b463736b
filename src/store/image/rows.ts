/** The rows of images: reading, finding by name, and writing. */
import type { Selectable } from 'kysely';
import type { Image, ImageContent } from '../../model/image/image.ts';
import { missing } from '../../model/missing.ts';
import type { Queries } from '../database/database.ts';
import { forms, readable, rowInWords } from '../database/json-columns.ts';
import type { Tables } from '../database/tables.ts';
import type { LeftOut } from '../store.ts';

/** The rows that a name points at, sorted by the name. */
export async function readImages(queries: Queries, leftOut?: LeftOut): Promise<Image[]> {
  const rows = await queries.selectFrom('images').selectAll().where('current', '=', 1).orderBy('name').execute();
  return readable(rows, imageOf, leftOut);
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

/** Deletes the rows without a name, VM or volume that points at them. */
export async function deleteUnnamedImages(queries: Queries): Promise<void> {
  await queries
    .deleteFrom('images')
    .where('current', '=', 0)
    .where('id', 'not in', (from) => from.selectFrom('vms').select('image_id'))
    .where('id', 'not in', (from) =>
      from
        .selectFrom('volumes')
        .select((column) => column.ref('image_id').$notNull().as('image_id'))
        .where('image_id', 'is not', null),
    )
    .execute();
}

export function imageOf(row: Selectable<Tables['images']>): Image {
  const { id, name, origin, created_at: createdAt } = row;
  const whose = rowInWords('images', name);
  const traits = forms.images.traits.read(row.traits, whose);
  const prepull = forms.images.prepull.read(row.prepull, whose);
  return { id, name, content: contentOf(row), traits, origin, prepull, createdAt };
}

/** The four columns are null together. */
export function contentOf({
  sha256,
  format,
  size,
  virtual_size: virtualSize,
}: Pick<Selectable<Tables['images']>, 'sha256' | 'format' | 'size' | 'virtual_size'>): ImageContent | null {
  return sha256 === null || format === null || size === null || virtualSize === null ? null : { sha256, format, size, virtualSize };
}

export function columnsOf({ id, name, content, traits, origin, prepull, createdAt }: Image) {
  return {
    ...{ id, name, current: 1 },
    ...{ sha256: content?.sha256 ?? null, format: content?.format ?? null },
    ...{ size: content?.size ?? null, virtual_size: content?.virtualSize ?? null },
    ...{ traits: forms.images.traits.write(traits), origin, prepull: forms.images.prepull.write(prepull), created_at: createdAt },
  };
}
