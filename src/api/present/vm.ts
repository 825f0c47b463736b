/** VMs as they are shown. Pure. */

import type { Principal } from '../../model/access/principal.ts';
import { sliceWrittenBy } from '../../model/access/slice-name.ts';
import { withoutVmsOfOthers } from '../../model/placement/removal-words.ts';
import { shownOf } from '../../model/vm/fields.ts';
import type { NicView, VmView } from '../../model/vm/view.ts';
import type { Nic, Vm } from '../../model/vm/vm.ts';

/** Names of nodes by their identifiers. */
export type NodeNames = ReadonlyMap<string, string>;

/** `asker` is the principal that sees them. */
export function presentVm(vm: Vm, names: NodeNames, asker: Principal): VmView {
  const { observed, spec } = vm;
  const shown = (reason: string | null): string | null => (reason === null ? null : withoutVmsOfOthers(reason, asker));
  return {
    id: vm.id,
    slice: sliceWrittenBy(asker, vm.slice),
    name: vm.name,
    node: vm.nodeId === null ? null : (names.get(vm.nodeId) ?? null),
    movingTo: vm.movingTo === null ? null : (names.get(vm.movingTo) ?? null),
    pendingReason: shown(vm.pendingReason),
    stayReason: shown(vm.stayReason),
    desired: vm.desired,
    state: observed.state,
    reason: shown(vm.pendingReason ?? observed.reason),
    step: observed.step,
    addressed: observed.addressed,
    ...shownOf(spec),
    nics: vm.nics.map((nic) => presentNic(nic, vm)),
    restarts: observed.restarts,
    ...waitOf(vm),
    startedAt: observed.startedAt,
    createdAt: vm.createdAt,
  };
}

/** The retry that belongs to the VM's state. A guest that was resumed no longer waits for disk space. */
function waitOf({ desired, observed }: Vm): Pick<VmView, 'failures' | 'retryAt'> {
  const { state, restartAt, launchRetry, changeRetry, diskRetry } = observed;
  if (desired === 'stopped' || desired === 'absent') return { failures: 0, retryAt: null };
  const halted = state === 'paused' && desired === 'running';
  const retry = state === 'running' ? changeRetry : halted ? diskRetry : launchRetry;
  return { failures: retry?.failures ?? 0, retryAt: retry?.at ?? (state === 'running' || halted ? null : restartAt) };
}

function presentNic({ name, network, mac, address }: Nic, { spec }: Vm): NicView {
  return { name, network, mac, address, model: spec.nics.find((nic) => nic.name === name)?.model ?? 'virtio' };
}
