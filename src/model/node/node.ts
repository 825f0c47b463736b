/** Nodes: machines that run VMs, their connections, and their observations. */
import { z } from 'zod';
import { firmwares } from '../image/definition.ts';
import { nameSchema } from '../input/name.ts';
import { hypervisorNames } from './hypervisor.ts';
import { nodeRoles } from './roles.ts';

/** A label's name or value: short words that need no quoting. */
export const labelSchema = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/, 'not a word of letters, digits, ".", "_", "/" and "-"');

/** A host name or an IP address: no spaces, no leading dash, nothing that a program could take for an option. */
const addressSchema = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9:]([A-Za-z0-9.:%_-]*[A-Za-z0-9])?$/, 'not a host name or IP address');
const userSchema = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/i, 'not a user name');
const portSchema = z.int().min(1).max(65535);
const absolutePath = z.string().regex(/^\/[A-Za-z0-9._/-]*[A-Za-z0-9]$/, 'not an absolute path of letters, digits, ".", "_", "-" and "/"');
/** OpenSSH's form of a fingerprint: `SHA256:` and 43 base64 characters. */
const fingerprintSchema = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'not a SHA256:… fingerprint');

/** The SSH login of a machine. `hostKey` is the pinned fingerprint. `keyFile` is on the controller's machine. */
export const sshTargetSchema = z.object({
  address: addressSchema,
  port: portSchema.default(22),
  user: userSchema.default('root'),
  keyFile: z.string().optional(),
  hostKey: fingerprintSchema.optional(),
});
export type SshTarget = z.infer<typeof sshTargetSchema>;

/** The multiples of a node's resources that may be promised. */
export const overcommitSchemas = {
  cpus: z.number().min(0.1).max(64),
  memory: z.number().min(0.1).max(4),
  disk: z.number().min(0.1).max(64),
} as const;

/** The configuration of a node by its administrator. Without `ssh` the node is the controller's own machine. */
export const nodeConfigSchema = z.object({
  name: nameSchema,
  ssh: sshTargetSchema.extend({ jump: sshTargetSchema.optional() }).optional(),
  /** Commands run through `sudo -n` when the login is not root; null decides by the login. */
  sudo: z.boolean().nullable().default(null),
  roles: z.array(z.enum(nodeRoles)).min(1).default(['compute', 'network']),
  /** The hypervisor of its VMs. A node has one hypervisor, which does not change while VMs are on it. */
  hypervisor: z.enum(hypervisorNames).default('qemu'),
  /**
   * For the hypervisor libvirt. `uri`: virsh's connection on the node. `network`: one of libvirt's own networks in which every VM gets an
   * additional NIC; null for none.
   */
  libvirt: z
    .object({
      uri: z
        .string()
        .regex(/^[a-z0-9+]+:\/\/[A-Za-z0-9._:@/?=&%+-]*$/, 'not a connection address such as qemu:///system')
        .default('qemu:///system'),
      network: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/, 'not the name of a network')
        .nullable()
        .default(null),
    })
    .optional(),
  /** Nodes of one pool are near each other: they pass images on among themselves first, and VMs may require a pool. */
  pool: nameSchema.default('default'),
  labels: z.record(labelSchema, labelSchema).default({}),
  /** The Open vSwitch bridge; created by Croft when missing. */
  bridge: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,14}$/, 'not an interface name')
    .default('br-croft'),
  /** The interface that joins the bridges of several nodes, a VLAN trunk; none on a single node. */
  uplink: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/, 'not an interface name')
    .nullable()
    .default(null),
  stateFolder: absolutePath.default('/var/lib/croft/node'),
  runFolder: absolutePath.default('/run/croft'),
  /** The multiples of its CPUs, its memory and the disk of its state folder that may be promised to VMs. */
  overcommit: z
    .object({
      cpus: overcommitSchemas.cpus.default(8),
      memory: overcommitSchemas.memory.default(1),
      disk: overcommitSchemas.disk.default(1),
    })
    .default({ cpus: 8, memory: 1, disk: 1 }),
});
export type NodeConfig = z.infer<typeof nodeConfigSchema> & {
  /** The node exists only in the memory of a controller that simulates its nodes. Administrators cannot set this. */
  simulated?: true;
};
/** As it is stored. */
export const storedNodeConfigSchema = nodeConfigSchema.extend({ simulated: z.literal(true).optional() }) as z.ZodType<NodeConfig>;
export type NodeConfigInput = z.input<typeof nodeConfigSchema>;

export const accelerators = ['kvm', 'tcg', 'bhyve'] as const;

/** The acceleration of VMs, and the words of its measurement (decision 6 of docs/architecture.md). */
export interface Accelerator {
  kind: (typeof accelerators)[number];
  reason: string;
}

/** The resources of VMs that a node can limit, so that no VM takes more from the others than its size. */
export const limitedResources = ['memory', 'cpus'] as const;
export type LimitedResource = (typeof limitedResources)[number];

/** Values that the node itself reports; bytes for memory and disk, the latter of the file system of the state folder. */
export const nodeSpecsSchema = z.object({
  architecture: z.string(),
  kernel: z.string(),
  operatingSystem: z.string(),
  bootId: z.string(),
  cpus: z.int(),
  memory: z.int(),
  memoryAvailable: z.int(),
  disk: z.int(),
  diskFree: z.int(),
  /** Bytes of the disk in use by others, as of the last full inspection. */
  diskForeign: z.int(),
  /** One-minute load average. */
  load: z.number(),
  accelerator: z.object({ kind: z.enum(accelerators), reason: z.string() }),
  /** Firmware that VMs can have here. */
  firmwares: z.array(z.enum(firmwares)),
  /** The hypervisors available to VMs here: the configured one, where its programs answer. */
  hypervisors: z.array(z.string()),
  /**
   * Of the configured hypervisor, with the limits of its VMs there, and whether they can move; absent where its programs do not answer,
   * or were not queried.
   */
  hypervisor: z.object({ version: z.string(), limits: z.array(z.enum(limitedResources)), moves: z.boolean() }).optional(),
  /** Program → its version, null where it is missing. */
  tools: z.record(z.string(), z.string().nullable()),
  /** Which Open vSwitch datapath works here; null where Open vSwitch does not run. */
  datapath: z.enum(['system', 'netdev']).nullable(),
});
export type NodeSpecs = z.infer<typeof nodeSpecsSchema>;

/** The sha256 of each image that a node has, sorted. */
export const nodeImagesSchema = z.array(z.string());

/** `new`: not yet inspected. `unfit`: reached, but a requirement is missing. */
export const nodeStatuses = ['new', 'ready', 'unreachable', 'unfit'] as const;
export type NodeStatus = (typeof nodeStatuses)[number];

/** `draining`: no further VMs or routers are placed there. */
export const nodeAdministrations = ['active', 'draining'] as const;
export type NodeAdministration = (typeof nodeAdministrations)[number];

export interface NodeObserved {
  status: NodeStatus;
  /** Why the node is not ready, with the remedy; null when it is. */
  reason: string | null;
  /** When it was last reached, ms since 1970. */
  seenAt: number | null;
  /** Since when it has this status, ms since 1970. */
  since: number;
  specs: NodeSpecs | null;
  /** The sha256 of each image on the node, sorted. */
  images: string[];
}

export interface Node {
  id: string;
  config: NodeConfig;
  administration: NodeAdministration;
  observed: NodeObserved;
  createdAt: number;
}
