/** Where and on what VMs of tests run. */
import type { NodeAbilities, NodeLayout } from '../../src/drivers/hypervisor/driver.ts';

export function nodeLayout(rest: Partial<NodeLayout> = {}): NodeLayout {
  return { controllerId: 'c', stateFolder: '/s', runFolder: '/r', bridge: 'b', uplink: null, ...rest };
}

/** It emulates processors, and its Open vSwitch is in userspace. */
export const tcgAbilities: NodeAbilities = { accelerator: { kind: 'tcg', reason: '' }, architecture: 'x86_64', datapath: 'netdev' };
export const kvmAbilities: NodeAbilities = { accelerator: { kind: 'kvm', reason: '' }, architecture: 'x86_64', datapath: 'system' };
