/**
 * The reconciler's input for drivers: the desired state of one node, as plain data. Drivers keep these plans on nodes, so an added field
 * has a default, and neither its key nor its default ever changes: plans kept by an earlier version are read, and hashed, as if they had
 * the default.
 */
import { z } from 'zod';
import { canonicalWriter } from '../canonical.ts';
import { shortHash } from '../identifier.ts';
import { firmwares } from '../image/definition.ts';
import { imageContentSchema } from '../image/image.ts';
import { pluggedShape, routedShape } from '../network/fields.ts';
import { nicModels } from '../network/nic-model.ts';
import { type UnderlayPlan, underlayPlanSchema } from '../network/underlay.ts';
import { launchedShape, type RestartPolicy } from '../vm/fields.ts';
import type { VmDesired, VmObserved } from '../vm/vm.ts';
import { firstForm } from './first-hash.ts';

/** One NIC of a VM as its node needs it. */
export const portPlanSchema = z.object({
  ...pluggedShape,
  nicId: z.string(),
  vmId: z.string(),
  mac: z.string(),
  address: z.string(),
  /** The number of the network on the node's underlay: a VLAN tag on a trunk. */
  segment: z.int(),
  model: z.enum(nicModels),
});
export type PortPlan = z.infer<typeof portPlanSchema>;

/** The base image of a disk. */
const launchImageSchema = imageContentSchema.pick({ format: true, size: true }).extend({ id: z.string(), sha256: z.string() });
export type LaunchImage = z.infer<typeof launchImageSchema>;

/** A disk or CD-ROM beside the first disk. `size` in bytes; null leaves the image's. */
const volumePlanSchema = z.object({
  id: z.string(),
  name: z.string(),
  image: launchImageSchema.nullable().default(null),
  size: z.int().nullable().default(null),
});
export type VolumePlan = z.infer<typeof volumePlanSchema>;

/** The complete input of a VM's process. By its hash a running process is recognised as the wanted one. */
export const vmLaunchSchema = z.object({
  ...launchedShape,
  id: z.string(),
  /** The guest's host name. */
  hostname: z.string(),
  /** An ISO image is a CD-ROM beside an empty disk, which the VM boots from once the disk is bootable. */
  image: launchImageSchema,
  volumes: z.array(volumePlanSchema),
  firmware: z.enum(firmwares),
  ports: z.array(portPlanSchema),
  boot: z.int(),
});
export type VmLaunch = z.infer<typeof vmLaunchSchema>;

const namedAddress = z.object({ hostname: z.string(), address: z.string() });

/** One network of a slice as its router needs it. */
const routerNetworkPlanSchema = z.object({
  ...routedShape,
  networkId: z.string(),
  name: z.string(),
  /** As in a port's plan. */
  segment: z.int(),
  leases: z.array(namedAddress.extend({ mac: z.string() })),
  /** Names that its DNS answers; a name may have several addresses. */
  names: z.array(namedAddress),
});
export type RouterNetworkPlan = z.infer<typeof routerNetworkPlanSchema>;

/** A slice's router: a network namespace with the gateways, DHCP, DNS and address translation. */
export const routerPlanSchema = z.object({
  sliceId: z.string(),
  /** The slice's name, for messages. */
  slice: z.string(),
  /** The /30 between the router and its node, `a.b.c.d/30`: the node has its first address, the router its second. */
  transit: z.cidrv4(),
  networks: z.array(routerNetworkPlanSchema),
});
export type RouterPlan = z.infer<typeof routerPlanSchema>;

/** A VM that has this node assigned. Restarts and retries are those last recorded. */
export interface WantedVm extends Pick<VmObserved, 'restarts' | 'restartAt' | 'launchRetry' | 'changeRetry' | 'diskRetry'> {
  launch: VmLaunch;
  /** `slice/vm`, for messages. */
  label: string;
  desired: VmDesired;
  generation: number;
  /** This generation was once completely carried out: later differences arose by themselves, or wait for a start. */
  settled: boolean;
  /** Images that the VM needs and that were not fetched yet, by name: the VM is not restarted before they are. */
  missingImages: string[];
  /** The target node of its move; the VM is stopped here and its disks are copied there. Null where it stays. */
  movingTo: string | null;
  restart: RestartPolicy;
}

export interface WantedOnNode {
  /** The node's underlay. */
  underlay: UnderlayPlan;
  vms: WantedVm[];
  /** VMs whose disks arrive from another node. */
  arriving: string[];
  /** VMs of another node that may have left files here by a move: these can be removed. */
  leftovers: string[];
  /** VMs that were given up with their node and have another now: their files here are outdated and can be removed. */
  abandoned: string[];
  /** Images that are wanted here whether or not a VM needs them. */
  images: LaunchImage[];
  routers: RouterPlan[];
}

type HashedPlan = PortPlan | RouterPlan | UnderlayPlan | VmLaunch;

/** Fields of a port that change without its VM's process are no part of a launch's hash. */
const processSchema = vmLaunchSchema.extend({ ports: z.array(portPlanSchema.omit({ impairment: true, dhcp: true })) });

const writeLaunch = canonicalWriter(processSchema);
const writeRouter = canonicalWriter(routerPlanSchema);
const writeUnderlay = canonicalWriter(underlayPlanSchema);
const writePort = canonicalWriter(portPlanSchema);

/** Equal exactly where plans are, whatever the order of their keys, and whichever fields with defaults are added. */
function canonical(plan: HashedPlan): string {
  if ('ports' in plan) return writeLaunch(plan);
  if ('networks' in plan) return writeRouter(plan);
  return 'kind' in plan ? writeUnderlay(plan) : writePort(plan);
}

/** Distinguishes these hashes from those of the first versions. */
const hashForm = '2-';

/**
 * The hash by which a node's state is compared with a plan. A launch's hash leaves out the fields of its ports that change without its
 * process.
 */
export function planHash(plan: HashedPlan): string {
  return hashForm + shortHash(16, canonical(plan));
}

/** Whether that hash, which an earlier version of Croft may have written, is the plan's. */
export function isHashOf(hash: string | null, plan: PortPlan | VmLaunch): boolean {
  if (hash === null) return false;
  if (hash.startsWith(hashForm)) return hash === planHash(plan);
  const first = firstForm('ports' in plan ? 'launch' : 'port', plan);
  return hash === first.hash && canonical(first.then) === canonical(plan);
}
