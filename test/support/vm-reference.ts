/** VMs as hypervisor drivers are told of them. */
import type { VmReference, VmWithLaunch } from '../../src/drivers/hypervisor/driver.ts';
import type { VmLaunch } from '../../src/model/node/plan.ts';

export const label = 's/a';

export function referenceTo(id: string): VmReference {
  return { id, label };
}

export function withLaunch(launch: VmLaunch, name = label): VmWithLaunch {
  return { id: launch.id, label: name, launch };
}
