/** Networks and routers for tests; see vm.ts. */
import { type NetworkSpec, networkSpecSchema, routedOf } from '../../src/model/network/fields.ts';
import type { RouterNetworkPlan, RouterPlan } from '../../src/model/node/plan.ts';

/** The gateway is the first address of its subnet. */
export function networkSpec(rest: Partial<NetworkSpec> = {}): NetworkSpec {
  const cidr = rest.cidr ?? '10.0.0.0/24';
  return { ...networkSpecSchema.parse({ name: 'lan', cidr, gateway: cidr.replace(/\.0\/\d+$/, '.1') }), ...rest };
}

export function routerNetwork(rest: Partial<RouterNetworkPlan> = {}): RouterNetworkPlan {
  return { networkId: 'lan', name: 'lan', segment: 2000, ...routedOf(networkSpec()), leases: [], names: [], ...rest };
}

export function router(rest: Partial<RouterPlan> = {}): RouterPlan {
  return { sliceId: 's', slice: 'shop', transit: '100.64.0.0/30', networks: [routerNetwork()], ...rest };
}
