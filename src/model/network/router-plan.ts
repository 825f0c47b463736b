/** The plan of a slice's router, computed from the slice's networks and VMs. Pure. */
import type { RouterNetworkPlan, RouterPlan } from '../node/plan.ts';
import type { Vm } from '../vm/vm.ts';
import { dnsNames } from './dns-names.ts';
import { routedOf } from './fields.ts';
import type { CarriedNetwork } from './segment.ts';

export interface RoutedSlice {
  sliceId: string;
  /** The slice's name. */
  slice: string;
  /** See RouterPlan. */
  transit: string;
  /** The slice's networks, sorted by name. */
  networks: readonly CarriedNetwork[];
  /** The slice's VMs that are not being removed. */
  vms: readonly Vm[];
}

export function routerPlan({ networks, vms, ...slice }: RoutedSlice): RouterPlan {
  return { ...slice, networks: networks.map((network) => networkPlan(network, vms)) };
}

function networkPlan({ id, name, segment, spec }: CarriedNetwork, vms: readonly Vm[]): RouterNetworkPlan {
  return {
    networkId: id,
    name,
    segment,
    ...routedOf(spec),
    leases: vms.flatMap((vm) =>
      vm.nics.filter((nic) => nic.networkId === id).map(({ mac, address }) => ({ mac, address, hostname: vm.name })),
    ),
    names: dnsNames(id, vms),
  };
}
