/** A node as the API shows it: its connection, its resources, and the part of them that is promised to VMs. */
import { z } from 'zod';
import { capabilities } from '../vm/capability.ts';
import { nodeAdministrations, nodeConfigSchema, nodeSpecsSchema, nodeStatuses } from './node.ts';

const resourcesSchema = z.object({ cpus: z.number(), memory: z.number(), disk: z.number() });

/** Sizes in bytes. `hypervisor` is absent before its programs have answered; `limits` are the resources of VMs that it limits. */
const nodeSpecsViewSchema = nodeSpecsSchema.extend({
  hypervisor: nodeSpecsSchema.shape.hypervisor.unwrap().omit({ moves: true }).optional(),
});

/** Times in ms since 1970. */
export const nodeViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    config: nodeConfigSchema,
    /** The node exists in the memory of the controller only. */
    simulated: z.boolean(),
    /** The optional capabilities of its hypervisor. */
    capabilities: z.array(z.enum(capabilities)),
    administration: z.enum(nodeAdministrations),
    status: z.enum(nodeStatuses),
    /** Why the node is not ready, with the remedy; null when it is. */
    reason: z.string().nullable(),
    /** When it was last reached. */
    seenAt: z.int().nullable(),
    /** Since when it has this status. */
    since: z.int(),
    /** Null before it was first reached. */
    specs: nodeSpecsViewSchema.nullable(),
    /** Resources that may be promised to VMs, overcommit included; null before the node was first reached. */
    capacity: resourcesSchema.nullable(),
    /** Resources promised to the VMs that are assigned to it. */
    promised: resourcesSchema,
    vms: z.int(),
    /** VMs of the node that move to other nodes. */
    leaving: z.int(),
    /** VMs of other nodes that move here. */
    arriving: z.int(),
    createdAt: z.int(),
  })
  .meta({ id: 'Node' });
export type NodeView = z.infer<typeof nodeViewSchema>;
