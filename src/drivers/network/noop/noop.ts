/** An in-memory network driver for testing the reconciler, with faults on request. */
import type { CroftError } from '../../../model/error.ts';
import { networkDrivers } from '../../../model/network/drivers.ts';
import { type PortPlan, planHash, type RouterPlan } from '../../../model/node/plan.ts';
import type { NodeLayout } from '../../hypervisor/driver.ts';
import type { NetworkDriver, NodeNetwork, ObservedNetwork, ObservedPort, ObservedRouter, ObservedUnderlay } from '../driver.ts';
import { tapName } from '../names.ts';

/** The state of one node; tests inspect it and damage it. */
export interface NoopNetwork {
  underlay: ObservedUnderlay;
  ports: Map<string, ObservedPort & { mac: string }>;
  routers: Map<string, NoopRouter>;
}

type NoopRouter = Omit<ObservedRouter, 'leases'> & { reserved: { mac: string; address: string }[] };

interface NoopNetworkOptions {
  /** ms since 1970. */
  now?: () => number;
}

export interface NoopNetworkDriver extends NetworkDriver {
  /** By the node's state folder. */
  readonly networks: Map<string, NoopNetwork>;
  /**
   * Called before each change with its subject (bridge's name, VM's id, interface's name, slice's id); an error it returns is the
   * outcome.
   */
  failure: (operation: keyof NodeNetwork, subject: string) => CroftError | null;
}

const entry = { kind: 'noop', traits: networkDrivers.noop } as const;

/** Every guest takes its leases as soon as it has its ports, and renews them all the time. */
export function createNoopNetworkDriver({ now = Date.now }: NoopNetworkOptions = {}): NoopNetworkDriver {
  const networks = new Map<string, NoopNetwork>();
  /** MACs of the guests that have their ports, on all nodes. */
  const plugged = new Set<string>();
  const networkOf = (layout: NodeLayout) => {
    const network = networks.get(layout.stateFolder) ?? emptyNetwork();
    networks.set(layout.stateFolder, network);
    return network;
  };
  const demandSuccess = (operation: keyof NodeNetwork, subject: string) => {
    const error = driver.failure(operation, subject);
    if (error !== null) throw error;
  };
  const driver: NoopNetworkDriver = {
    ...entry,
    networks,
    failure: () => null,
    on: ({ layout }) => ({
      ...entry,
      observe: () => ({ command: { argv: ['true'] }, parse: () => observed(networkOf(layout), plugged, now()) }),
      async ensureUnderlay(plan) {
        demandSuccess('ensureUnderlay', layout.bridge);
        networkOf(layout).underlay = { healthy: true, faults: [], hash: planHash(plan) };
      },
      async attach(ports) {
        return [...Map.groupBy(ports, (plan) => plan.vmId)].map(([vmId, plans]) => {
          const error = driver.failure('attach', vmId);
          if (error !== null) return { vmId, error };
          for (const plan of plans) {
            addPort(networkOf(layout), plan);
            plugged.add(plan.mac);
          }
          return { vmId, error };
        });
      },
      async detach(names) {
        for (const name of names) {
          demandSuccess('detach', name);
          const { ports } = networkOf(layout);
          plugged.delete(ports.get(name)?.mac ?? '');
          ports.delete(name);
        }
      },
      async ensureRouter(plan) {
        demandSuccess('ensureRouter', plan.sliceId);
        addRouter(networkOf(layout), plan);
      },
      async removeRouter(sliceId) {
        demandSuccess('removeRouter', sliceId);
        networkOf(layout).routers.delete(sliceId);
      },
      async purge() {
        demandSuccess('purge', layout.bridge);
        networks.delete(layout.stateFolder);
      },
    }),
  };
  return driver;
}

function emptyNetwork(): NoopNetwork {
  return { underlay: { healthy: false, faults: ['it is not complete'], hash: null }, ports: new Map(), routers: new Map() };
}

/** ms that a lease has still to run whenever it is read. */
const leaseTime = 3_600_000;

function observed({ underlay, ports, routers }: NoopNetwork, plugged: ReadonlySet<string>, now: number): ObservedNetwork {
  return {
    underlay: { ...underlay, faults: [...underlay.faults] },
    ports: [...ports.values()].map(({ mac: _, ...port }) => port),
    routers: [...routers.values()].map(({ reserved, ...router }) => {
      const taken = reserved.filter(({ mac }) => plugged.has(mac));
      return { ...router, faults: [...router.faults], leases: taken.map((lease) => ({ ...lease, expiresAt: now + leaseTime })) };
    }),
  };
}

function addPort(network: NoopNetwork, plan: PortPlan): void {
  const name = tapName(plan.nicId);
  const { vmId, nicId, mac } = plan;
  network.ports.set(name, { name, vmId, nicId, healthy: true, hash: planHash(plan), mac });
}

function addRouter(network: NoopNetwork, plan: RouterPlan): void {
  const reserved = plan.networks.flatMap(({ leases }) => leases.map(({ mac, address }) => ({ mac, address })));
  network.routers.set(plan.sliceId, { sliceId: plan.sliceId, healthy: true, faults: [], hash: planHash(plan), reserved });
}
