/** The network drivers there are, and which of them a node has: that follows from what its VMs run on. */
import type { NetworkDriver } from '../drivers/network/driver.ts';
import { createOvsDriver } from '../drivers/network/ovs/ovs.ts';
import { createVnicDriver } from '../drivers/network/vnic/vnic.ts';
import type { NodeConfig } from '../model/node/node.ts';

/** A function that gives a node's driver. */
export function createNetworks(): (config: Pick<NodeConfig, 'hypervisor'>) => NetworkDriver {
  const [linux, illumos] = [createOvsDriver(), createVnicDriver()];
  return ({ hypervisor }) => (hypervisor === 'zones' ? illumos : linux);
}
