/** The names that the DNS server of a network answers, with their addresses. Pure. */
import type { RouterNetworkPlan } from '../node/plan.ts';
import type { Nic, Vm } from '../vm/vm.ts';

/**
 * A VM of the network is named by its address there. Any other VM is named by its addresses in networks that it shares with a VM of this
 * network: guests ask the server of their first network also for VMs that they reach by another network. `vms`: all of the slice.
 */
export function dnsNames(networkId: string, vms: readonly NamedVm[]): RouterNetworkPlan['names'] {
  const isHere = ({ nics }: NamedVm): boolean => nics.some((nic) => nic.networkId === networkId);
  const near = new Set(vms.filter(isHere).flatMap(({ nics }) => nics.map((nic) => nic.networkId)));
  return vms.flatMap((vm) => {
    const shared = vm.nics.filter((nic) => (isHere(vm) ? nic.networkId === networkId : near.has(nic.networkId)));
    return (shared.length > 0 ? shared : vm.nics.slice(0, 1)).map(({ address }) => ({ hostname: vm.name, address }));
  });
}

type NamedVm = Pick<Vm, 'name'> & { nics: readonly Pick<Nic, 'networkId' | 'address'>[] };
