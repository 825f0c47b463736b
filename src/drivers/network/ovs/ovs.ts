/** The network driver on Open vSwitch: VLANs as segments, OpenFlow against spoofing, a namespace for each slice's router. */
import { networkDrivers } from '../../../model/network/drivers.ts';
import type { DriverNode } from '../../hypervisor/driver.ts';
import type { NetworkDriver, NodeNetwork } from '../driver.ts';
import { removeRouterFrom } from '../router/remove.ts';
import { ensureRouter } from '../router/router.ts';
import { judgeNetwork } from './observe.ts';
import { attachPorts, detachPorts } from './ports.ts';
import { purgeNetwork } from './purge.ts';
import { readNetworkState } from './state.ts';
import { ensureTrunk } from './trunk.ts';

const entry = { kind: 'ovs', traits: networkDrivers.ovs } as const;

export function createOvsDriver(): NetworkDriver {
  return { ...entry, on: ovsOn };
}

function ovsOn(node: DriverNode): NodeNetwork {
  const { layout } = node;
  return {
    ...entry,
    observe() {
      const { command, parse } = readNetworkState(layout);
      return { command, parse: (result) => judgeNetwork(layout, parse(result)) };
    },
    ensureUnderlay: (underlay) => ensureTrunk(node, underlay),
    attach: (ports) => attachPorts(node, ports),
    detach: (names) => detachPorts(node, names),
    ensureRouter: (router) => ensureRouter(node, router),
    removeRouter: (sliceId) => removeRouterFrom(node, sliceId),
    purge: () => purgeNetwork(node),
  };
}
