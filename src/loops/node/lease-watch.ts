/** Detects when VMs have taken their leases since they were started, from the leases that the routers of one node show. */
import type { ObservedRouter } from '../../drivers/network/driver.ts';
import type { RouterPlan } from '../../model/node/plan.ts';
import type { Vm, VmObservedState } from '../../model/vm/vm.ts';

export interface LeaseNews {
  /**
   * Running VMs that have a NIC with DHCP without a lease of this start; `since` is when the VM began to wait for exactly these NICs, ms
   * since 1970.
   */
  waiting: { vm: Vm; since: number }[];
  /** Those of the expectant VMs that have all their leases now. */
  addressed: Vm[];
}

interface KnownLease {
  /** The lease's end at a time when its VM did not wait for it: a lease with another end is new. */
  before: number | undefined;
  /** The lease was taken in the VM's start at this time, which distinguishes starts. */
  taken: boolean;
  start: number | null;
}

/**
 * A lease outlives the VM that took it, so a lease from before the start proves nothing. Times cannot be compared, since VM and router
 * may be on nodes whose clocks differ: a lease is new when its end differs from the end before the start. NICs added to a running VM are
 * waited for; NICs present since its start keep the lease that they took.
 */
export class LeaseWatch {
  /** By MAC. */
  #known = new Map<string, KnownLease>();
  /** By VM: the MACs without a lease, the start to which they belong, and since when the VM waits. */
  #waits = new Map<string, { what: string; since: number }>();

  /** `plans` and `routers` belong to the node, `vms` to their slices; `now` in ms since 1970. */
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

/** In these states no guest runs; in the others a guest runs, or may run. */
const over: readonly VmObservedState[] = ['none', 'preparing', 'stopped', 'failed'];

function lookAt({ observed: { state, addressed, startedAt } }: Vm, end: number | undefined, known: KnownLease | undefined): KnownLease {
  if (over.includes(state)) return { before: end, taken: false, start: null };
  const kept = known?.taken === true && known.start === startedAt;
  const taken = addressed || kept || (end !== undefined && end !== known?.before);
  return { before: taken ? end : known?.before, taken, start: startedAt };
}
