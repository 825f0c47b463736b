/** Tells when VMs have taken their leases since they were started, from what the routers of one node show. */
import type { ObservedRouter } from '../../drivers/network/driver.ts';
import type { RouterPlan } from '../../model/node/plan.ts';
import type { Vm, VmObservedState } from '../../model/vm/vm.ts';

export interface LeaseNews {
  /** Those that run and have a NIC with DHCP without a lease of this start; `since` when they wait for just these, ms since 1970. */
  waiting: { vm: Vm; since: number }[];
  /** Those of them that have all their leases now. */
  addressed: Vm[];
}

interface KnownLease {
  /** Its end when its VM was not waiting for it: one that ends otherwise is new. */
  before: number | undefined;
  /** It was taken in the start of its VM at this time, which tells one start from the next. */
  taken: boolean;
  start: number | null;
}

/**
 * A lease outlives the VM that took it, so one that was there before the start proves nothing. Times cannot be compared,
 * since VM and router may be on nodes whose clocks differ: a lease is new when its end is another than before the start. NICs
 * that come to a VM which runs are waited for; those that it has had since its start keep the lease that they took.
 */
export class LeaseWatch {
  /** By MAC. */
  #known = new Map<string, KnownLease>();
  /** By VM: which MACs it waits for, in which start, and since when. */
  #waits = new Map<string, { what: string; since: number }>();

  /** `plans` and `routers` are those of the node, `vms` those of their slices; `now` in ms since 1970. */
  look(plans: readonly RouterPlan[], routers: readonly ObservedRouter[], vms: readonly Vm[], now: number): LeaseNews {
    const ends = new Map(routers.flatMap(({ leases }) => leases.map(({ mac, expiresAt }) => [mac.toLowerCase(), expiresAt])));
    const served = new Set(plans.flatMap(({ networks }) => networks.filter(({ dhcp }) => dhcp).map(({ networkId }) => networkId)));
    const known = new Map<string, KnownLease>();
    const waits = new Map<string, { what: string; since: number }>();
    const news: LeaseNews = { waiting: [], addressed: [] };
    for (const vm of vms) {
      const macs = vm.nics.filter(({ networkId }) => served.has(networkId)).map(({ mac }) => mac.toLowerCase());
      for (const mac of macs) known.set(mac, lookAt(vm, ends.get(mac), this.#known.get(mac)));
      if (vm.observed.state !== 'running' || vm.observed.addressed || macs.length === 0) continue;
      const missing = macs.filter((mac) => !known.get(mac)?.taken);
      const what = `${vm.observed.startedAt} ${missing}`;
      const earlier = this.#waits.get(vm.id);
      const wait = earlier?.what === what ? earlier : { what, since: now };
      waits.set(vm.id, wait);
      news.waiting.push({ vm, since: wait.since });
      if (missing.length === 0) news.addressed.push(vm);
    }
    this.#known = known;
    this.#waits = waits;
    return news;
  }
}

/** In these no guest runs; in the others one does, or may. */
const over: readonly VmObservedState[] = ['none', 'preparing', 'stopped', 'failed'];

function lookAt({ observed: { state, addressed, startedAt } }: Vm, end: number | undefined, known: KnownLease | undefined): KnownLease {
  if (over.includes(state)) return { before: end, taken: false, start: null };
  const kept = known?.taken === true && known.start === startedAt;
  const taken = addressed || kept || (end !== undefined && end !== known?.before);
  return { before: taken ? end : known?.before, taken, start: startedAt };
}
