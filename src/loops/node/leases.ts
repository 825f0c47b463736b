/** Records which VMs have taken their leases, from what the routers of one node show. */
import type { ObservedRouter } from '../../drivers/network/driver.ts';
import type { RouterPlan } from '../../model/node/plan.ts';
import type { Vm } from '../../model/vm/vm.ts';
import type { Store } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import { LeaseWatch } from './lease-watch.ts';

/** While guests boot or get NICs, passes are frequent for this long, in ms. */
const leaseTime = 120_000;

export interface LeaseRecordOptions {
  store: Pick<Store, 'vms'>;
  journal: Journal;
  now(): number;
}

export class LeaseRecord {
  readonly #options: LeaseRecordOptions;
  readonly #watch = new LeaseWatch();

  constructor(options: LeaseRecordOptions) {
    this.#options = options;
  }

  /**
   * A VM is addressed once each of its NICs has taken its lease. `addressed`: a VM became addressed; `expectant`: a VM has recently begun
   * to wait for leases from a router here, so the next pass comes soon.
   */
  async record(
    plans: readonly RouterPlan[],
    vms: readonly Vm[],
    routers: readonly ObservedRouter[],
  ): Promise<{ addressed: boolean; expectant: boolean }> {
    if (plans.length === 0) return { addressed: false, expectant: false };
    const { store, journal, now } = this.#options;
    const { waiting, addressed } = this.#watch.look(plans, routers, vms, now());
    await store.vms.observe(addressed.map(({ id }) => ({ id, observed: { addressed: true } })));
    for (const vm of addressed) {
      const message = `has ${vm.nics.map(({ name, address }) => `${name} ${address}`).join(', ')}`;
      const nics = vm.nics.map(({ name, address }) => ({ name, address }));
      journal.record({ kind: 'vm.addressed', slice: vm.slice, vm: vm.name, message, data: { nics } });
    }
    const expectant = waiting.some(({ since }) => now() - since < leaseTime);
    return { addressed: addressed.length > 0, expectant };
  }
}
