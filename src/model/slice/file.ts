/** The form of a slice file: one schema for validation, types and OpenAPI. Sizes stay text here; normalising reads them. */
import { z } from 'zod';
import { firmwares } from '../image/definition.ts';
import { labelSchema } from '../image/map/label.ts';
import { nameSchema } from '../input/name.ts';
import { sizeRule, sizeSchema } from '../input/unit.ts';
import { type Impairment, quantities } from '../network/impairment.ts';
import { nicModels } from '../network/nic-model.ts';
import { prioritySchema, slicePlacementFileSchema, vmPlacementFileSchema } from './placement-file.ts';
import { restartPolicies } from './slice.ts';
import { topologies } from './topology.ts';
import { volumesSchema } from './volume-file.ts';

const macSchema = z
  .string()
  .regex(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, 'not a MAC address such as 52:54:00:12:34:56')
  .meta({ description: 'A unicast MAC address, unique in the slice', example: '52:54:00:12:34:56' });

const publicKeyPattern =
  /^(ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]{32,}={0,2}( ([\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]|[\ud800-\udbff][\udc00-\udfff])*)?$/;

const endpointSchema = z
  .string()
  .max(68)
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?\.eth[0-7]$/, 'an end of a link is a VM and its NIC, such as web.eth1')
  .meta({ description: 'A VM and its NIC', example: 'web.eth1' });

const quantitySchema = (field: keyof Impairment, example: string) => {
  const { pattern, rule } = quantities[field];
  return z.string({ error: rule }).regex(pattern, rule).optional().meta({ description: rule, example });
};

export const impairmentFileSchema = z.strictObject({
  delay: quantitySchema('delay', '20ms'),
  jitter: quantitySchema('jitter', '5ms'),
  loss: quantitySchema('loss', '1%'),
  rate: quantitySchema('rate', '10Mbit'),
});

export const networkFileSchema = z.strictObject({
  cidr: z
    .string()
    .optional()
    .meta({ description: 'IPv4 subnet; else the lowest free 192.168.N.0/24, kept when the slice is edited', example: '192.168.50.0/24' }),
  internet: z.boolean().optional().meta({ description: 'The router translates addresses towards the outside; false by default' }),
  dhcp: z.boolean().optional().meta({ description: 'The router answers DHCP; true by default' }),
  gateway: z.string().optional().meta({ description: "The router's address in the subnet; its first by default" }),
  link: z
    .tuple([endpointSchema, endpointSchema], { error: 'a link has exactly two ends, such as [web.eth1, db.eth1]' })
    .optional()
    .meta({ description: 'The two NICs that this network joins; a NIC next in order is added to its VM' }),
  impair: impairmentFileSchema.optional().meta({
    description: 'What frames suffer on their way to each NIC; delay, jitter and loss need the kernel module sch_netem on the node',
  }),
});
export type NetworkFile = z.infer<typeof networkFileSchema>;

export const nicObjectSchema = z.strictObject({
  network: nameSchema,
  address: z.string().optional().meta({ description: 'A free IPv4 address of the network; chosen by default' }),
  mac: macSchema.optional(),
  model: z.enum(nicModels).optional().meta({ description: 'virtio by default' }),
});
const nicFileSchema = z.union([nameSchema, nicObjectSchema]);
export type NicFile = z.infer<typeof nicFileSchema>;

export const templateSchema = z.strictObject({
  image: labelSchema.optional().meta({
    description: "An image, an alias, or one of them with a size; the image map's default label where there is one",
    example: 'debian-12:large',
  }),
  flavor: nameSchema
    .optional()
    .meta({ description: "Gives what cpus, memory and disk do not say; else the image's size and defaults do, else the flavor `mini`" }),
  cpus: z.int().min(1).max(512).optional(),
  memory: sizeSchema.optional().meta({ description: `32MiB to 4TiB; ${sizeRule}` }),
  disk: sizeSchema.optional().meta({ description: `1MiB to 64TiB, the image's own size by default; ${sizeRule}` }),
  volumes: volumesSchema,
  firmware: z.enum(firmwares).optional().meta({ description: "What the VM starts with; the image's own by default" }),
  nics: z.array(nicFileSchema).max(8, 'a VM has at most 8 NICs').optional(),
  restart: z.enum(restartPolicies).optional().meta({ description: 'What happens when the VM ends by itself; on-failure by default' }),
  userData: z
    .string()
    .max(64 * 1024, 'user-data has at most 65536 characters')
    .regex(/^(#!|#cloud-config\s)[^\0]*$/, 'user-data is a script that starts with "#!" or a document that starts with "#cloud-config"')
    .optional(),
  cloudConfig: z
    .string()
    .max(64 * 1024, 'a cloud-config has at most 65536 characters')
    .regex(/^[^\0]*$/, 'a cloud-config has no zero byte')
    .optional()
    .meta({ description: 'A #cloud-config document that goes with the script of userData' }),
  sshKeys: z
    .array(z.string().max(16384).regex(publicKeyPattern, 'not an OpenSSH public key on one line, such as "ssh-ed25519 AAAA… name"'))
    .max(100)
    .optional(),
  priority: prioritySchema,
  placement: vmPlacementFileSchema.optional().meta({ description: 'Which nodes may take it; any by default' }),
});

export const vmFileSchema = templateSchema.extend({
  count: z
    .int()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'That many alike: the first keeps the name, the next are NAME-2, NAME-3 and so on; 1 by default' }),
});
export type VmFile = z.infer<typeof vmFileSchema>;
export type VmTemplate = z.infer<typeof templateSchema>;

export const sliceFileSchema = z
  .strictObject({
    slice: nameSchema,
    topology: z.enum(topologies).optional().meta({ description: 'Makes VMs and networks of that shape, to which vms and networks add' }),
    size: z.int().min(1).max(1000).optional().meta({ description: 'Number of VMs of the topology' }),
    placement: slicePlacementFileSchema.optional().meta({ description: 'How its VMs are placed' }),
    template: templateSchema.optional().meta({ description: 'What VMs have that they do not say themselves' }),
    networks: z.record(nameSchema, networkFileSchema).optional(),
    vms: z.record(nameSchema, vmFileSchema).optional(),
  })
  .meta({ id: 'SliceFile', description: 'A slice: VMs and the networks between them' });
export type SliceFile = z.infer<typeof sliceFileSchema>;
