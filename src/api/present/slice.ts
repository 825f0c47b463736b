/** Slices as they are shown; `asker` is the principal that sees them. Pure. */
import type { Principal } from '../../model/access/principal.ts';
import { partsOfSliceName, sliceWrittenBy } from '../../model/access/slice-name.ts';
import { shownOfNetwork } from '../../model/network/fields.ts';
import type { Network, Slice } from '../../model/slice/slice.ts';
import type { NetworkView, SliceSummary, SliceView } from '../../model/slice/view.ts';
import type { Vm } from '../../model/vm/vm.ts';
import type { VmOutline } from '../../store/store.ts';
import { type NodeNames, presentVm } from './vm.ts';

type CountedVm = Pick<VmOutline, 'sliceId' | 'nodeId' | 'desired' | 'state'>;

/** `vms` may hold other slices' VMs too. Costs in proportion to the slices and the VMs, not to their product. */
export function summariseSlices(slices: readonly Slice[], vms: readonly CountedVm[], names: NodeNames, asker: Principal): SliceSummary[] {
  const ownOf = Map.groupBy(vms, ({ sliceId }) => sliceId);
  return slices.map((slice) => summariseSlice(slice, ownOf.get(slice.id) ?? [], names, asker));
}

/** `vms` are its own. */
export function summariseSlice(slice: Slice, vms: readonly CountedVm[], names: NodeNames, asker: Principal): SliceSummary {
  const inState = (wanted: string): number => vms.filter(({ state }) => state === wanted).length;
  return {
    ...commonFields(slice, names, asker),
    networks: slice.spec.networks.length,
    vms: {
      total: vms.length,
      running: inState('running'),
      failed: inState('failed'),
      pending: vms.filter((vm) => vm.nodeId === null && vm.desired === 'running').length,
    },
  };
}

export function presentSlice(
  slice: Slice,
  networks: readonly Network[],
  vms: readonly Vm[],
  names: NodeNames,
  asker: Principal,
): SliceView {
  return {
    ...commonFields(slice, names, asker),
    networks: networks.map(presentNetwork),
    vms: vms.map((vm) => presentVm(vm, names, asker)),
  };
}

function commonFields(slice: Slice, names: NodeNames, asker: Principal): Omit<SliceSummary, 'networks' | 'vms'> {
  const { id, name, desired, generation, createdAt, routerNodeId, routerReason } = slice;
  const node = routerNodeId === null ? null : (names.get(routerNodeId) ?? null);
  const router = slice.spec.networks.length === 0 ? null : { node, reason: routerReason };
  const { owner } = partsOfSliceName(name);
  return { id, owner, name: sliceWrittenBy(asker, name), desired, generation, router, createdAt };
}

function presentNetwork({ name, spec, segment }: Network): NetworkView {
  return { name, ...shownOfNetwork(spec), segment };
}
