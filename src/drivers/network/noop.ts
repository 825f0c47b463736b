/** A network driver that keeps everything in memory, for trying the reconciler: it can be told to fail. */
import type { Host } from '../../host/host.ts';
import type { CroftError } from '../../model/error.ts';
import { type PortPlan, planHash, type RouterPlan } from '../../model/node-plan.ts';
import type { NodeLayout } from '../hypervisor/driver.ts';
import type { NetworkDriver, ObservedNetwork, ObservedPort, ObservedRouter } from './driver.ts';
import { tapName } from './names.ts';

/** What is on one node; tests look into it and break it. */
export interface NoopNetwork {
  bridge: boolean;
  ports: Map<string, ObservedPort>;
  routers: Map<string, ObservedRouter>;
}

export interface NoopNetworkDriver extends NetworkDriver {
  /** By the node's state folder. */
  readonly networks: Map<string, NoopNetwork>;
  /** Called before each change with what it is about (bridge's name, VM's id, interface's name, slice's id); an error it returns is the outcome. */
  failure: (operation: keyof NetworkDriver, subject: string) => CroftError | null;
}

export function createNoopNetworkDriver(): NoopNetworkDriver {
  const networks = new Map<string, NoopNetwork>();
  const networkOf = (layout: NodeLayout) => {
    const network = networks.get(layout.stateFolder) ?? emptyNetwork();
    networks.set(layout.stateFolder, network);
    return network;
  };
  const demandSuccess = (operation: keyof NetworkDriver, subject: string) => {
    const error = driver.failure(operation, subject);
    if (error !== null) throw error;
  };
  const driver: NoopNetworkDriver = {
    name: 'noop',
    networks,
    failure: () => null,
    observe: (layout) => ({ command: { argv: ['true'] }, parse: () => observed(networkOf(layout)) }),
    async ensureBridge(_host: Host, layout) {
      demandSuccess('ensureBridge', layout.bridge);
      networkOf(layout).bridge = true;
    },
    async attach(_host: Host, layout, ports) {
      return [...Map.groupBy(ports, (plan) => plan.vmId)].map(([vmId, plans]) => {
        const error = driver.failure('attach', vmId);
        if (error === null) for (const plan of plans) addPort(networkOf(layout), plan);
        return { vmId, error };
      });
    },
    async detach(_host: Host, layout, names) {
      for (const name of names) {
        demandSuccess('detach', name);
        networkOf(layout).ports.delete(name);
      }
    },
    async ensureRouter(_host: Host, layout, _abilities, plan) {
      demandSuccess('ensureRouter', plan.sliceId);
      addRouter(networkOf(layout), plan);
    },
    async removeRouter(_host: Host, layout, sliceId) {
      demandSuccess('removeRouter', sliceId);
      networkOf(layout).routers.delete(sliceId);
    },
    async purge(_host: Host, layout) {
      demandSuccess('purge', layout.bridge);
      networks.delete(layout.stateFolder);
    },
  };
  return driver;
}

function emptyNetwork(): NoopNetwork {
  return { bridge: false, ports: new Map(), routers: new Map() };
}

function observed(network: NoopNetwork): ObservedNetwork {
  return structuredClone({
    bridge: network.bridge ? 'present' : 'missing',
    ports: [...network.ports.values()],
    routers: [...network.routers.values()],
  });
}

function addPort(network: NoopNetwork, plan: PortPlan): void {
  const name = tapName(plan.nicId);
  network.ports.set(name, { name, vmId: plan.vmId, nicId: plan.nicId, healthy: true, hash: planHash(plan) });
}

/** Every guest has its lease at once, and it never ends. */
function addRouter(network: NoopNetwork, plan: RouterPlan): void {
  const leases = plan.networks.flatMap((one) =>
    one.leases.map(({ mac, address }) => ({ mac, address, expiresAt: Number.MAX_SAFE_INTEGER })),
  );
  network.routers.set(plan.sliceId, { sliceId: plan.sliceId, healthy: true, faults: [], hash: planHash(plan), leases });
}
