/** Tells when VMs have taken their leases since they were started, from what the routers of one node show. */
import type { ObservedRouter } from '../drivers/network/driver.ts';
import type { RouterPlan } from '../model/node-plan.ts';
import type { Vm } from '../model/vm.ts';

export interface LeaseNews {
  /** Those that run and have a NIC with DHCP without a lease of this start. */
  waiting: Vm[];
  /** Those of them that have all their leases now. */
  addressed: Vm[];
}

/**
 * A lease outlives the VM that took it, so one that was there before the start proves nothing. Times cannot be compared,
 * since VM and router may be on nodes whose clocks differ: a lease is new when its end is another than before the start.
 */
export class LeaseWatch {
  /** MAC → end of the lease that it had before its VM was started. */
  #earlier = new Map<string, number>();

  /** `plans` and `routers` are those of the node, `vms` those of their slices. */
  look(plans: readonly RouterPlan[], routers: readonly ObservedRouter[], vms: readonly Vm[]): LeaseNews {
    const ends = new Map(routers.flatMap(({ leases }) => leases.map(({ mac, expiresAt }) => [mac.toLowerCase(), expiresAt])));
    const served = new Set(plans.flatMap(({ networks }) => networks.filter(({ dhcp }) => dhcp).map(({ networkId }) => networkId)));
    const earlier = new Map<string, number>();
    const news: LeaseNews = { waiting: [], addressed: [] };
    for (const vm of vms) {
      const macs = vm.nics.filter(({ networkId }) => served.has(networkId)).map(({ mac }) => mac.toLowerCase());
      const isWaiting = vm.observed.state === 'running' && !vm.observed.addressed && macs.length > 0;
      for (const mac of macs) {
        const end = isWaiting ? this.#earlier.get(mac) : ends.get(mac);
        if (end !== undefined) earlier.set(mac, end);
      }
      if (!isWaiting) continue;
      news.waiting.push(vm);
      if (macs.every((mac) => ends.has(mac) && ends.get(mac) !== earlier.get(mac))) news.addressed.push(vm);
    }
    this.#earlier = earlier;
    return news;
  }
}
