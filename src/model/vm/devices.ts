/** The NICs and volumes of a VM as they are stored. */
import { z } from 'zod';
import { nicModels } from '../network/nic-model.ts';

export const nicSpecSchema = z.object({
  /** `eth0`, `eth1`, … by position. */
  name: z.string(),
  network: z.string(),
  model: z.enum(nicModels),
  /** Given by the user; null lets the store choose. */
  address: z.string().nullable(),
  mac: z.string().nullable(),
});
export type NicSpec = z.infer<typeof nicSpecSchema>;

/** A disk or a CD-ROM beside the first disk. The guest finds its VM's volumes in this order. */
export const volumeSpecSchema = z.object({
  name: z.string(),
  /** An image: a copy-on-write disk on it, or a CD-ROM where it is an ISO image. Null for an empty disk. */
  image: z.string().nullable(),
  /** Bytes; null leaves the image's size. */
  size: z.int().nullable(),
});
export type VolumeSpec = z.infer<typeof volumeSpecSchema>;
