/** The network driver on Open vSwitch: VLANs as segments, OpenFlow against spoofing, a namespace for each slice's router. */
import type { NetworkDriver } from './driver.ts';
import { readNetworkState } from './network-state.ts';
import { ensureBridge } from './ovs-bridge.ts';
import { judgeNetwork } from './ovs-observe.ts';
import { attachPorts, detachPorts } from './ovs-ports.ts';
import { purgeNetwork } from './ovs-purge.ts';
import { ensureRouter } from './router.ts';
import { removeRouterFrom } from './router-remove.ts';

export function createOvsDriver(): NetworkDriver {
  return {
    name: 'ovs',
    observe(layout) {
      const { command, parse } = readNetworkState(layout);
      return { command, parse: (result) => judgeNetwork(layout, parse(result)) };
    },
    ensureBridge,
    attach: attachPorts,
    detach: detachPorts,
    ensureRouter,
    removeRouter: removeRouterFrom,
    purge: purgeNetwork,
  };
}
