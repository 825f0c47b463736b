/** The network drivers: capabilities and requirements, in one entry each. The driver itself is made in src/controller/networks.ts. Pure. */
import type { UnderlayKind } from './underlay.ts';

export interface NetworkDriverTraits {
  /** The operating system of its nodes. */
  system: 'Linux' | 'illumos';
  /** The kinds of underlay that it supports. */
  underlays: readonly UnderlayKind[];
  /** Frames of a VM's NICs may be delayed, lost or held back. */
  impairment: boolean;
  /** Slices may have their routers, with DHCP and DNS, on its nodes. */
  routers: boolean;
  /** Programs that links of VMs need, by the names that `NodeSpecs.tools` has them under. */
  linkTools: readonly string[];
  /** Additional programs that routers need. */
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
  /** Virtual NICs of illumos: illumos cannot delay or lose packets, and a bandwidth is one for both directions. */
  vnic: { system: 'illumos', underlays: ['trunk'], impairment: false, routers: false, linkTools: [], routerTools: [] },
  /** In memory, for tests and simulated nodes. */
  noop: { system: 'Linux', underlays: ['trunk', 'vxlan'], impairment: true, routers: true, linkTools: [], routerTools: [] },
} as const satisfies Record<string, NetworkDriverTraits>;

export type NetworkDriverKind = keyof typeof networkDrivers;

export function networkTraitsOf(kind: NetworkDriverKind): NetworkDriverTraits {
  return networkDrivers[kind];
}
