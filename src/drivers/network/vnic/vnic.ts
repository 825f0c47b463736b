/** The network driver for illumos: virtual NICs over the node's uplink, with VLANs as segments and link protection against spoofing. */
import { CroftError } from '../../../model/error.ts';
import { networkDrivers } from '../../../model/network/drivers.ts';
import type { NodeReach } from '../../hypervisor/driver.ts';
import type { NetworkDriver, NodeNetwork } from '../driver.ts';
import { judgeVnics } from './observe.ts';
import { attachVnics, detachVnics } from './ports.ts';
import { readVnicState } from './state.ts';
import { ensureSwitch, purgeVnics } from './switch.ts';

const entry = { kind: 'vnic', traits: networkDrivers.vnic } as const;

/** Routers, DHCP and DNS of its VMs' networks are on Linux nodes, and reached by the VLANs of the uplink. */
export function createVnicDriver(): NetworkDriver {
  return { ...entry, on: vnicOn };
}

function vnicOn(node: NodeReach): NodeNetwork {
  const { host, layout } = node;
  return {
    ...entry,
    observe() {
      const { command, parse } = readVnicState(layout);
      return { command, parse: (result) => judgeVnics(layout, parse(result)) };
    },
    ensureUnderlay: (underlay) => ensureSwitch(node, underlay),
    attach: (ports) => attachVnics(node, ports),
    detach: (names) => detachVnics(node, names),
    async ensureRouter() {
      throw new CroftError('network.router', `${host.name} runs illumos, and routers are on Linux nodes only`, {
        hint: 'Give the role network to a Linux node.',
        node: host.name,
      });
    },
    async removeRouter() {},
    purge: () => purgeVnics(node),
  };
}
