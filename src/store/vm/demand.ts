/**
 * The resources promised to VMs, kept in their rows: counted again whenever a specification, or an image that a disk is made from,
 * changes.
 */

import type { ImageContent } from '../../model/image/image.ts';
import { demandOf, type ImageOf, type Resources } from '../../model/placement/capacity.ts';
import type { VmSpec } from '../../model/slice/slice.ts';
import type { Queries } from '../database/database.ts';
import { readable } from '../database/json-columns.ts';
import { contentOf } from '../image/rows.ts';
import { portions, vmSpecOf } from './rows.ts';

/** For VMs whose rows and volumes have their new values. */
export async function recount(queries: Queries, vmIds: readonly string[]): Promise<void> {
  if (vmIds.length === 0) return;
  const books = await readImageBooks(queries);
  for (const part of portions(vmIds)) {
    const vms = await queries.selectFrom('vms').select(['id', 'name', 'spec', 'cpus', 'memory', 'disk']).where('id', 'in', part).execute();
    const imageOf = await imagesOfVms(queries, books, part);
    for (const { id, wanted, before } of readable(vms, ({ id, name, spec, ...before }) => ({
      id,
      wanted: vmSpecOf({ name, spec }),
      before,
    }))) {
      const demand = demandOf(wanted, imageOf(id, wanted));
      if (!isSame(before, demand)) await queries.updateTable('vms').set(demand).where('id', '=', id).execute();
    }
  }
}

/** Of all VMs that have a disk of this image. */
export async function recountUsers(queries: Queries, imageId: string): Promise<void> {
  const disks = await queries.selectFrom('vms').select('id').where('image_id', '=', imageId).execute();
  const volumes = await queries.selectFrom('volumes').select('vm_id as id').where('image_id', '=', imageId).execute();
  await recount(queries, [...new Set([...disks, ...volumes].map(({ id }) => id))]);
}

export interface ImageBooks {
  /** By the present names of images, and by identifier also for images without a name any more. Null is an image that was not fetched. */
  named: ReadonlyMap<string, ImageContent | null>;
  all: ReadonlyMap<string, { name: string; content: ImageContent | null }>;
}

export async function readImageBooks(queries: Queries): Promise<ImageBooks> {
  const rows = await queries.selectFrom('images').select(['id', 'name', 'current', 'sha256', 'format', 'size', 'virtual_size']).execute();
  return {
    named: new Map(rows.filter(({ current }) => current === 1).map((row) => [row.name, contentOf(row)])),
    all: new Map(rows.map((row) => [row.id, { name: row.name, content: contentOf(row) }])),
  };
}

/** The images of a VM that does not exist yet, by the present meaning of their names. */
export function imagesByName({ named }: ImageBooks, { image, volumes }: VmSpec): ImageOf {
  const names = new Map(volumes.map((volume) => [volume.name, volume.image]));
  return (volume) => named.get((volume === null ? image : names.get(volume)) ?? '') ?? null;
}

/**
 * The images of VMs with their new specifications. A disk keeps the image that it was made from, whatever the name means now, and so does
 * a volume whose image has the same name as before; other volumes do not exist yet.
 */
export async function imagesOfVms(
  queries: Queries,
  books: ImageBooks,
  vmIds: readonly string[],
): Promise<(id: string, wanted: VmSpec) => ImageOf> {
  const diskOf = new Map<string, ImageContent | null>();
  const volumeOf = new Map<string, { name: string; content: ImageContent | null } | undefined>();
  for (const part of portions(vmIds)) {
    const disks = await queries.selectFrom('vms').select(['id', 'image_id']).where('id', 'in', part).execute();
    for (const { id, image_id } of disks) diskOf.set(id, books.all.get(image_id)?.content ?? null);
    const volumes = await queries.selectFrom('volumes').select(['vm_id', 'name', 'image_id']).where('vm_id', 'in', part).execute();
    for (const { vm_id, name, image_id } of volumes) volumeOf.set(`${vm_id} ${name}`, books.all.get(image_id ?? ''));
  }
  return (id, wanted) => {
    const fresh = imagesByName(books, wanted);
    return (volume) => {
      if (volume === null) return diskOf.get(id) ?? null;
      const made = volumeOf.get(`${id} ${volume}`);
      const isKept = made !== undefined && made.name === wanted.volumes.find(({ name }) => name === volume)?.image;
      return isKept ? made.content : fresh(volume);
    };
  };
}

function isSame(left: Resources, right: Resources): boolean {
  return left.cpus === right.cpus && left.memory === right.memory && left.disk === right.disk;
}
