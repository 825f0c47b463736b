/**
 * Changes the volume rows of a slice to what its VMs want. A volume keeps its row, and so its file on the node, while its image keeps its
 * name.
 */
import type { NewIdentifier } from '../../model/identifier.ts';
import type { Queries } from '../database/database.ts';
import { deleteUnnamedImages, pickImage, readImages } from '../image/rows.ts';
import { portions, wantedVms } from '../vm/rows.ts';

/** Runs after the rows of VMs have their new values. Rejects with `not-found` for an image. */
export async function reconcileVolumes(queries: Queries, sliceId: string, newIdentifier: NewIdentifier): Promise<void> {
  const vms = await wantedVms(queries, sliceId);
  const existing = await queries
    .selectFrom('volumes')
    .innerJoin('vms', 'vms.id', 'volumes.vm_id')
    .leftJoin('images', 'images.id', 'volumes.image_id')
    .select(['volumes.id', 'volumes.vm_id as vmId', 'volumes.name', 'images.name as image'])
    .where('vms.slice_id', '=', sliceId)
    .where('vms.desired', '<>', 'absent')
    .execute();
  const wanted = vms.flatMap(({ id, spec }) => spec.volumes.map(({ name, image }) => ({ vmId: id, name, image })));
  const removed = existing.filter((volume) => !wanted.some((other) => isSame(volume, other)));
  const added = wanted.filter((volume) => !existing.some((other) => isSame(volume, other)));
  for (const part of portions(removed)) {
    const ids = part.map(({ id }) => id);
    await queries.deleteFrom('volumes').where('id', 'in', ids).execute();
  }
  if (removed.length > 0) await deleteUnnamedImages(queries);
  if (added.length === 0) return;
  const images = await readImages(queries);
  const rows = added.map(({ vmId, name, image }) => ({
    ...{ id: newIdentifier(), vm_id: vmId, name },
    image_id: image === null ? null : pickImage(images, image).id,
  }));
  for (const part of portions(rows)) await queries.insertInto('volumes').values(part).execute();
}

interface VolumeKey {
  vmId: string;
  name: string;
  image: string | null;
}

function isSame(left: VolumeKey, right: VolumeKey): boolean {
  return left.vmId === right.vmId && left.name === right.name && left.image === right.image;
}
