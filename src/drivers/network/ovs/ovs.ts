/** The network driver on Open vSwitch: VLANs as segments, OpenFlow against spoofing, a namespace for each slice's router. */
import type { NetworkDriver } from '../driver.ts';
import { removeRouterFrom } from '../router/remove.ts';
import { ensureRouter } from '../router/router.ts';
import { judgeNetwork } from './observe.ts';
import { attachPorts, detachPorts } from './ports.ts';
import { purgeNetwork } from './purge.ts';
import { readNetworkState } from './state.ts';
import { ensureTrunk } from './trunk.ts';

export function createOvsDriver(): NetworkDriver {
  return {
    kind: 'ovs',
    observe(layout) {
      const { command, parse } = readNetworkState(layout);
      return { command, parse: (result) => judgeNetwork(layout, parse(result)) };
    },
    ensureUnderlay: ensureTrunk,
    attach: attachPorts,
    detach: detachPorts,
    ensureRouter,
    removeRouter: removeRouterFrom,
    purge: purgeNetwork,
  };
}
