/** The form of a volume in a slice file, and the conversion back to it. */
import { z } from 'zod';
import { labelSchema } from '../image/map/label.ts';
import { nameSchema } from '../input/name.ts';
import { formatSize, sizeSchema } from '../input/unit.ts';
import type { VolumeSpec } from './devices.ts';

/** The serial number of a virtio disk, by which its guest finds it, has at most 20 bytes. */
const longestName = 20;

export const volumeFileSchema = z.strictObject({
  name: nameSchema
    .max(longestName, `the name of a volume has at most ${longestName} characters`)
    .meta({ description: 'The guest finds it as /dev/disk/by-id/virtio-NAME', example: 'data' }),
  image: labelSchema
    .optional()
    .meta({ description: 'A disk that begins as a copy of this image; an ISO image is a CD-ROM. Without it the disk begins empty' }),
  size: sizeSchema.optional().meta({ description: "1MiB to 64TiB; the image's own size by default, needed where there is no image" }),
});
export type VolumeFile = z.infer<typeof volumeFileSchema>;

export const volumesFileSchema = z
  .array(volumeFileSchema)
  .max(8, 'a VM has at most 8 volumes')
  .meta({ description: 'Disks and CD-ROMs beside the first disk, in the order in which the guest finds them' });

export function volumeFile({ name, image, size }: VolumeSpec): VolumeFile {
  return { name, ...(image === null ? {} : { image }), ...(size === null ? {} : { size: formatSize(size) }) };
}
