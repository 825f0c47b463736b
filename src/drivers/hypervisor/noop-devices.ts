/** NICs and volumes that come and go while the noop driver's VMs run. */
import type { Host } from '../../host/host.ts';
import type { HypervisorDriver, NodeLayout } from './driver.ts';
import type { NoopActs } from './noop-acts.ts';
import type { NoopVm } from './noop-world.ts';

type Devices = Pick<HypervisorDriver, 'attachNic' | 'detachNic' | 'attachVolume' | 'detachVolume'>;

export function noopDevices(acts: NoopActs): Devices {
  type Operation = keyof Devices;
  const change = async (operation: Operation, layout: NodeLayout, vmId: string, how: (vm: NoopVm) => void): Promise<void> => {
    acts.demand(operation.endsWith('Nic') ? 'hotplug-nic' : 'hotplug-volume');
    await acts.act({ operation, layout, vmId }, () => how(acts.running(layout, vmId)));
  };
  return {
    attachNic: (_host: Host, layout, _abilities, vm, nicId) => change('attachNic', layout, vm.id, ({ nics }) => void nics.add(nicId)),
    detachNic: (_host, layout, vmId, nicId) => change('detachNic', layout, vmId, ({ nics }) => void nics.delete(nicId)),
    attachVolume: (_host, layout, vm, volumeId) => change('attachVolume', layout, vm.id, ({ volumes }) => void volumes.add(volumeId)),
    detachVolume: (_host, layout, vmId, volumeId) => change('detachVolume', layout, vmId, ({ volumes }) => void volumes.delete(volumeId)),
  };
}
