/** The hypervisor drivers there are, and which of them a node has. */
import type { HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import { createLibvirtDriver } from '../drivers/hypervisor/libvirt/libvirt.ts';
import { createQemuDriver, type QemuParts } from '../drivers/hypervisor/qemu/qemu.ts';
import { createZonesDriver } from '../drivers/hypervisor/zones/zones.ts';
import { createVnicDriver } from '../drivers/network/vnic/vnic.ts';
import { CroftError } from '../model/error.ts';
import type { Backend } from '../model/image/definition.ts';
import type { NodeConfig } from '../model/node/node.ts';

/** A function that gives a node's driver. It throws `unsupported` for a hypervisor that this program has no driver for. */
export function createHypervisors(parts: QemuParts): (config: Pick<NodeConfig, 'hypervisor' | 'libvirt'>) => HypervisorDriver {
  const { attach } = createVnicDriver();
  const drivers: Partial<Record<Backend, HypervisorDriver>> = {
    qemu: createQemuDriver(parts),
    zones: createZonesDriver({ ...parts, attach: (host, layout, ports) => attach(host, layout, ports) }),
  };
  return ({ hypervisor, libvirt }) => {
    if (hypervisor === 'libvirt') return createLibvirtDriver({ uri: 'qemu:///system', network: null, ...libvirt, ...parts });
    const driver = drivers[hypervisor];
    if (driver === undefined) throw new CroftError('unsupported', `there is no driver for the hypervisor ${hypervisor}`);
    return driver;
  };
}
