/** What the reconciler hands to the drivers: everything that is wanted on one node, as plain data. */
import { shortHash } from '../identifier.ts';
import type { Firmware } from '../image/definition.ts';
import type { ImageContent } from '../image/image.ts';
import type { PluggedFields, RoutedFields } from '../network/fields.ts';
import type { NicModel } from '../network/nic-model.ts';
import type { UnderlayPlan } from '../network/underlay.ts';
import type { LaunchedFields, RestartPolicy } from '../vm/fields.ts';
import type { VmDesired } from '../vm/vm.ts';

/** One NIC of a VM as its node needs it. */
export interface PortPlan extends PluggedFields {
  nicId: string;
  vmId: string;
  mac: string;
  address: string;
  /** The number that the node's underlay tells the network by: a VLAN tag on a trunk. */
  segment: number;
  model: NicModel;
}

/** Which image a disk is made on. */
export type LaunchImage = Pick<ImageContent, 'sha256' | 'format' | 'size'> & { id: string };

/** A disk or CD-ROM beside the first disk. `size` in bytes; null leaves the image's. */
export interface VolumePlan {
  id: string;
  name: string;
  image: LaunchImage | null;
  size: number | null;
}

/** All that a VM's process is started from. Its hash tells whether a running process is the one that is wanted. */
export interface VmLaunch extends LaunchedFields {
  id: string;
  /** The guest's host name. */
  hostname: string;
  /** An ISO image is a CD-ROM beside an empty disk, which the VM boots from once something is on it. */
  image: LaunchImage;
  volumes: VolumePlan[];
  firmware: Firmware;
  ports: PortPlan[];
  boot: number;
}

/** One network of a slice as its router needs it. */
export interface RouterNetworkPlan extends RoutedFields {
  networkId: string;
  name: string;
  /** As in PortPlan. */
  segment: number;
  leases: { mac: string; address: string; hostname: string }[];
  /** Names that its DNS answers; a name may have several addresses. */
  names: { hostname: string; address: string }[];
}

/** A slice's router: a network namespace with the gateways, DHCP, DNS and address translation. */
export interface RouterPlan {
  sliceId: string;
  /** The slice's name, for messages. */
  slice: string;
  /** The /30 between the router and its node, `a.b.c.d/30`: the node has its first address, the router its second. */
  transit: string;
  networks: RouterNetworkPlan[];
}

/** A VM that has this node assigned. */
export interface WantedVm {
  launch: VmLaunch;
  /** `slice/vm`, for messages. */
  label: string;
  desired: VmDesired;
  generation: number;
  /** There was nothing left to do for this generation once: what differs since then happened by itself, or waits for a start. */
  settled: boolean;
  /** Images that it needs and that were not fetched yet, by name: until they were it is not started anew. */
  missingImages: string[];
  /** The node that it is moving to; it is stopped here and its disks are copied there. Null where it stays. */
  movingTo: string | null;
  restart: RestartPolicy;
  /** These three as last recorded, see VmObserved. */
  restarts: number;
  retryAt: number | null;
  attempted: string | null;
}

export interface WantedOnNode {
  /** What joins the node to the others. */
  underlay: UnderlayPlan;
  vms: WantedVm[];
  /** VMs whose disks arrive from another node. */
  arriving: string[];
  /** VMs that have another node and of which something may be left here by a move: that can go. */
  leftovers: string[];
  /** VMs that were given up with their node and have another now: what is here of them is out of date and can go. */
  abandoned: string[];
  /** Images that are to be here whether or not a VM needs them. */
  images: LaunchImage[];
  routers: RouterPlan[];
}

/**
 * The hash by which a node's state is compared with a plan: equal exactly where the plans are equal, whatever the order of
 * their keys. A launch's leaves out what of its ports is changed without its process: impairment, and DHCP.
 */
export function planHash(plan: PortPlan | RouterPlan | UnderlayPlan | VmLaunch): string {
  return shortHash(16, canonical('ports' in plan ? ofItsProcess(plan) : plan));
}

function ofItsProcess(launch: VmLaunch): unknown {
  return { ...launch, ports: launch.ports.map(({ impairment: _, dhcp: __, ...port }) => port) };
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
