/** A node as the API shows it: how it is reached, what it has, and how much of that is promised to VMs. */
import { z } from 'zod';
import { firmwares } from '../image/definition.ts';
import { capabilities } from '../vm/capability.ts';
import { accelerators, limitedResources, nodeAdministrations, nodeConfigSchema, nodeStatuses } from './node.ts';

const resourcesSchema = z.object({ cpus: z.number(), memory: z.number(), disk: z.number() });

/** Sizes in bytes. */
const nodeSpecsSchema = z.object({
  architecture: z.string(),
  kernel: z.string(),
  operatingSystem: z.string(),
  bootId: z.string(),
  cpus: z.int(),
  memory: z.int(),
  memoryAvailable: z.int(),
  disk: z.int(),
  diskFree: z.int(),
  diskForeign: z.int(),
  load: z.number(),
  accelerator: z.object({ kind: z.enum(accelerators), reason: z.string() }),
  firmwares: z.array(z.enum(firmwares)),
  hypervisors: z.array(z.string()),
  /** Absent before its programs have answered. `limits`: what of a VM is kept within its size there. */
  hypervisor: z.object({ version: z.string(), limits: z.array(z.enum(limitedResources)) }).optional(),
  tools: z.record(z.string(), z.string().nullable()),
  datapath: z.enum(['system', 'netdev']).nullable(),
});

/** Times in ms since 1970. */
export const nodeViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    config: nodeConfigSchema,
    /** It exists in the memory of the controller only. */
    simulated: z.boolean(),
    /** What its hypervisor can do of what not each can. */
    capabilities: z.array(z.enum(capabilities)),
    administration: z.enum(nodeAdministrations),
    status: z.enum(nodeStatuses),
    /** Why it is not ready, with what to do; null when it is. */
    reason: z.string().nullable(),
    /** When it was last reached. */
    seenAt: z.int().nullable(),
    /** Since when it has this status. */
    since: z.int(),
    /** Null before it was first reached. */
    specs: nodeSpecsSchema.nullable(),
    /** What may be promised to VMs, overcommit included; null before it was first reached. */
    capacity: resourcesSchema.nullable(),
    /** What is promised to the VMs that are assigned to it. */
    promised: resourcesSchema,
    vms: z.int(),
    /** Of its VMs, those that move to other nodes. */
    leaving: z.int(),
    /** VMs of other nodes that move here. */
    arriving: z.int(),
    createdAt: z.int(),
  })
  .meta({ id: 'Node' });
export type NodeView = z.infer<typeof nodeViewSchema>;
