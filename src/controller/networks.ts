/** The network drivers themselves, and the driver of each node. Their capabilities are in src/model/network/drivers.ts. */
import type { NetworkDriver } from '../drivers/network/driver.ts';
import { createNoopNetworkDriver } from '../drivers/network/noop/noop.ts';
import { createOvsDriver } from '../drivers/network/ovs/ovs.ts';
import { createVnicDriver } from '../drivers/network/vnic/vnic.ts';
import type { NetworkDriverKind } from '../model/network/drivers.ts';
import { networkDriverOf } from '../model/node/network-driver.ts';
import type { Node } from '../model/node/node.ts';

const makers: Readonly<Record<NetworkDriverKind, () => NetworkDriver>> = {
  ovs: createOvsDriver,
  vnic: createVnicDriver,
  noop: createNoopNetworkDriver,
};

/** A function that returns a node's driver; nodes of one kind share it. */
export function createNetworks(): (node: Pick<Node, 'config' | 'observed'>) => NetworkDriver {
  const made = new Map<NetworkDriverKind, NetworkDriver>();
  return ({ config, observed }) => {
    const kind = networkDriverOf(config, observed.specs);
    const driver = made.get(kind) ?? makers[kind]();
    made.set(kind, driver);
    return driver;
  };
}
