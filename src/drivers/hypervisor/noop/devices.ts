/** NICs and volumes that are added and removed while the noop driver's VMs run. */
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { NodeHypervisor, NodeLayout, VmReference } from '../driver.ts';
import { withoutPort, withoutVolume, withPort, withVolume } from '../vm-folder/launch-parts.ts';
import type { NoopActs } from './acts.ts';
import { adopt } from './world.ts';

type Devices = Pick<NodeHypervisor, 'attachNic' | 'detachNic' | 'attachVolume' | 'detachVolume'>;

export function noopDevices(acts: NoopActs, layout: NodeLayout): Devices {
  type Operation = keyof Devices;
  const change = async (operation: Operation, vm: VmReference, how: (launch: VmLaunch) => VmLaunch): Promise<void> => {
    acts.demand(operation.endsWith('Nic') ? 'hotplug-nic' : 'hotplug-volume');
    await acts.act({ operation, vm }, () => adopt(acts.running(layout, vm), how));
  };
  return {
    attachNic: (vm, nicId) => change('attachNic', vm, (running) => withPort(running, vm.launch, nicId)),
    detachNic: (vm, nicId) => change('detachNic', vm, (running) => withoutPort(running, nicId)),
    attachVolume: (vm, volumeId) => change('attachVolume', vm, (running) => withVolume(running, vm.launch, volumeId)),
    detachVolume: (vm, volumeId) => change('detachVolume', vm, (running) => withoutVolume(running, volumeId)),
  };
}
