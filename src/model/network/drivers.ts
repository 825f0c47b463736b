/**
 * The network drivers: what each can do and what it needs, in one entry. What makes the driver itself is in
 * src/controller/networks.ts. Pure.
 */
import type { UnderlayKind } from './underlay.ts';

export interface NetworkDriverTraits {
  /** What its nodes run. */
  system: 'Linux' | 'illumos';
  /** What it can join nodes by. */
  underlays: readonly UnderlayKind[];
  /** Frames of a VM's NICs may be delayed, lost or held back. */
  impairment: boolean;
  /** Slices may have their routers, with DHCP and DNS, on its nodes. */
  routers: boolean;
  /** Programs that links of VMs need, by the names that `NodeSpecs.tools` has them under. */
  linkTools: readonly string[];
  /** Programs that routers need besides. */
  routerTools: readonly string[];
}

export const networkDrivers = {
  /** Open vSwitch. */
  ovs: {
    system: 'Linux',
    underlays: ['trunk'],
    impairment: true,
    routers: true,
    linkTools: ['ip', 'nft', 'ethtool', 'ovs-vsctl', 'ovs-vswitchd'],
    routerTools: ['dnsmasq'],
  },
  /** Virtual NICs of illumos: nothing there delays or loses packets, and a bandwidth is one for both directions. */
  vnic: { system: 'illumos', underlays: ['trunk'], impairment: false, routers: false, linkTools: [], routerTools: [] },
  /** In memory, for tests and simulated nodes. */
  noop: { system: 'Linux', underlays: ['trunk', 'vxlan'], impairment: true, routers: true, linkTools: [], routerTools: [] },
} as const satisfies Record<string, NetworkDriverTraits>;

export type NetworkDriverKind = keyof typeof networkDrivers;

export function networkTraitsOf(kind: NetworkDriverKind): NetworkDriverTraits {
  return networkDrivers[kind];
}
