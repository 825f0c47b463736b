/** The network driver for illumos: virtual NICs over the node's uplink, with VLANs as segments and link protection against spoofing. */
import { CroftError } from '../../../model/error.ts';
import type { NetworkDriver } from '../driver.ts';
import { judgeVnics } from './observe.ts';
import { attachVnics, detachVnics } from './ports.ts';
import { readVnicState } from './state.ts';
import { ensureSwitch, purgeVnics } from './switch.ts';

/** Routers, DHCP and DNS of its VMs' networks are on Linux nodes, and reached by the VLANs of the uplink. */
export function createVnicDriver(): NetworkDriver {
  return {
    kind: 'vnic',
    observe(layout) {
      const { command, parse } = readVnicState(layout);
      return { command, parse: (result) => judgeVnics(layout, parse(result)) };
    },
    ensureUnderlay: ensureSwitch,
    attach: attachVnics,
    detach: detachVnics,
    async ensureRouter(host) {
      throw new CroftError('network.router', `${host.name} runs illumos, and routers are on Linux nodes only`, {
        hint: 'Give the role network to a Linux node.',
        node: host.name,
      });
    },
    async removeRouter() {},
    purge: purgeVnics,
  };
}
