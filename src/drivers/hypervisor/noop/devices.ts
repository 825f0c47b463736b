/** NICs and volumes that come and go while the noop driver's VMs run. */
import type { Host } from '../../../host/host.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { HypervisorDriver, NodeLayout } from '../driver.ts';
import { withoutPort, withoutVolume, withPort, withVolume } from '../vm-folder/launch-parts.ts';
import type { NoopActs } from './acts.ts';
import { adopt } from './world.ts';

type Devices = Pick<HypervisorDriver, 'attachNic' | 'detachNic' | 'attachVolume' | 'detachVolume'>;

export function noopDevices(acts: NoopActs): Devices {
  type Operation = keyof Devices;
  const change = async (operation: Operation, layout: NodeLayout, vmId: string, how: (launch: VmLaunch) => VmLaunch): Promise<void> => {
    acts.demand(operation.endsWith('Nic') ? 'hotplug-nic' : 'hotplug-volume');
    await acts.act({ operation, layout, vmId }, () => adopt(acts.running(layout, vmId), how));
  };
  return {
    attachNic: (_host: Host, layout, _abilities, vm, nicId) =>
      change('attachNic', layout, vm.id, (running) => withPort(running, vm, nicId)),
    detachNic: (_host, layout, vmId, nicId) => change('detachNic', layout, vmId, (running) => withoutPort(running, nicId)),
    attachVolume: (_host, layout, vm, volumeId) => change('attachVolume', layout, vm.id, (running) => withVolume(running, vm, volumeId)),
    detachVolume: (_host, layout, vmId, volumeId) => change('detachVolume', layout, vmId, (running) => withoutVolume(running, volumeId)),
  };
}
