/**
 * The hypervisors: their capabilities and the properties of their nodes, in one entry each. The other half of an entry, with its driver,
 * programs and checks, is in src/controller/hypervisors.ts. Pure.
 */
import { CroftError } from '../error.ts';
import type { NetworkDriverKind } from '../network/drivers.ts';
import { type NicModel, nicModels } from '../network/nic-model.ts';
import { type Capability, capabilities } from '../vm/capability.ts';
import { type NodeRole, nodeRoles } from './roles.ts';

export interface HypervisorTraits {
  /** The operating system of its nodes. */
  system: 'Linux' | 'illumos';
  can: ReadonlySet<Capability>;
  roles: readonly NodeRole[];
  /** Why its nodes have no other roles, for an error message; null where all roles are possible. */
  rolesReason: string | null;
  nicModels: readonly NicModel[];
  /** NICs of one VM may be of different models. */
  mixedNicModels: boolean;
  /** Network drivers whose links its VMs can have, in order of preference. */
  networkDrivers: readonly [NetworkDriverKind, ...NetworkDriverKind[]];
  /** The fixed acceleration of its VMs; null where it is measured on each node. */
  accelerator: { kind: 'bhyve'; reason: string } | null;
  /** The field of a node's configuration that is for this hypervisor alone. */
  settings: 'libvirt' | null;
  /** Its further names in image maps, in addition to its own name. */
  imageNames: readonly string[];
}

const linux = {
  system: 'Linux',
  can: new Set(capabilities),
  roles: nodeRoles,
  rolesReason: null,
  nicModels,
  mixedNicModels: true,
  networkDrivers: ['ovs'],
  accelerator: null,
  settings: null,
  imageNames: [],
} as const satisfies HypervisorTraits;

export const hypervisors = {
  qemu: { ...linux, imageNames: ['kvm'] },
  libvirt: { ...linux, settings: 'libvirt' },
  zones: {
    system: 'illumos',
    /**
     * Not declared: pause, memory-snapshot (bhyve's brand has neither), live-disk, live-size, hotplug-nic, hotplug-volume (a zone
     * takes its configuration when it boots), events, guest-agent, console-log (zoneadmd keeps nothing), move.
     */
    can: new Set<Capability>(['reboot', 'snapshot', 'vnc']),
    roles: ['compute'],
    rolesReason: 'routers, DHCP and DNS are on Linux nodes',
    /** The NIC models of bhyve that illumos' brand names. */
    nicModels: ['virtio', 'e1000'],
    /** Only recent versions of OmniOS support different models for the NICs of a zone. */
    mixedNicModels: false,
    networkDrivers: ['vnic'],
    accelerator: { kind: 'bhyve', reason: "zones of this brand run on the processor's virtualization only" },
    settings: null,
    imageNames: ['bhyve', 'propolis'],
  },
} as const satisfies Record<string, HypervisorTraits>;

export type Hypervisor = keyof typeof hypervisors;
export const hypervisorNames = Object.keys(hypervisors) as readonly Hypervisor[];

export function traitsOf(hypervisor: Hypervisor): HypervisorTraits {
  return hypervisors[hypervisor];
}

interface RoleRequest {
  name: string;
  hypervisor: Hypervisor;
  roles: readonly NodeRole[];
}

/** Throws `unsupported` for a role that nodes with this hypervisor cannot have. */
export function requireRoles({ name, hypervisor, roles }: RoleRequest): void {
  const { roles: possible, rolesReason } = traitsOf(hypervisor);
  const refused = roles.find((role) => !possible.includes(role));
  if (refused === undefined) return;
  throw new CroftError('unsupported', `node ${name} has ${hypervisor} and cannot have the role ${refused}: ${rolesReason}`, {
    hint: `Give it the role ${possible.join(' and ')} alone (--roles ${possible.join(',')}), and the role ${refused} to a node with another hypervisor.`,
  });
}
