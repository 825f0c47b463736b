/** The present state of a slice's VMs, as far as it determines the effect of a change. */

import type { Node } from '../model/node/node.ts';
import type { VmSituation } from '../model/vm/situation.ts';
import type { VmOutline } from '../store/store.ts';
import type { CommandDependencies } from './dependencies.ts';

/** `cdRoms` are the names of images that are CD-ROMs. */
export async function situations(
  { store, abilitiesOf }: Pick<CommandDependencies, 'store' | 'abilitiesOf'>,
  slice: string,
  cdRoms: ReadonlySet<string>,
): Promise<(vm: string) => VmSituation> {
  const [vms, nodes] = await Promise.all([store.vms.outlines({ slice }), store.nodes.list()]);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const present = new Map(vms.filter(({ desired }) => desired !== 'absent').map((vm) => [vm.name, vm]));
  return (name) => {
    const vm = present.get(name);
    const node = byId.get(vm?.nodeId ?? '');
    return { state: stateOf(vm, node), can: node === undefined ? new Set() : abilitiesOf(node.config.hypervisor), cdRoms };
  };
}

/** A paused VM gets its changes when it resumes. A VM that was never started gets all of them at its start. */
function stateOf(vm: VmOutline | undefined, node: Node | undefined): VmSituation['state'] {
  if (vm === undefined || vm.desired === 'stopped' || node === undefined) return 'at-rest';
  return vm.state === 'running' || vm.state === 'paused' ? 'running' : 'changing';
}
