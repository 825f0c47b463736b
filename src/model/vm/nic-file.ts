/** The form of a NIC in a slice file, and the conversion back to it. */
import { z } from 'zod';
import { nameSchema } from '../input/name.ts';
import { nicModels } from '../network/nic-model.ts';
import type { NicSpec } from './devices.ts';

const macSchema = z
  .string()
  .regex(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, 'not a MAC address such as 52:54:00:12:34:56')
  .meta({ description: 'A unicast MAC address, unique in the slice', example: '52:54:00:12:34:56' });

export const nicObjectSchema = z.strictObject({
  network: nameSchema,
  address: z.string().optional().meta({ description: 'A free IPv4 address of the network; chosen by default' }),
  mac: macSchema.optional(),
  model: z.enum(nicModels).optional().meta({ description: 'virtio by default' }),
});
const nicFileSchema = z.union([nameSchema, nicObjectSchema]);
export type NicFile = z.infer<typeof nicFileSchema>;

export const nicsFileSchema = z.array(nicFileSchema).max(8, 'a VM has at most 8 NICs');

/** The name of its network where the NIC has no other fields. */
export function nicFile({ network, address, mac, model }: NicSpec): NicFile {
  if (model === 'virtio' && address === null && mac === null) return network;
  return {
    network,
    ...(address === null ? {} : { address }),
    ...(mac === null ? {} : { mac }),
    ...(model === 'virtio' ? {} : { model }),
  };
}
