/** The difference between a slice and its file, as it is shown. Pure. */
import type { PlanAnswer } from '../../model/operations.ts';
import type { NetworkChange, SliceChange, VmChange } from '../../model/slice/change.ts';
import { describeChange } from '../../model/slice/change-words.ts';

/** `preview` is what would become of it now. */
export function presentChange(change: SliceChange, preview: Pick<PlanAnswer, 'places' | 'refusals'>): PlanAnswer {
  return {
    slice: change.slice,
    against: change.against,
    networks: change.networks.map(presentPart),
    vms: change.vms.map(presentPart),
    ...preview,
    lines: describeChange(change),
  };
}

function presentPart(change: NetworkChange | VmChange): PlanAnswer['vms'][number] {
  return {
    kind: change.kind,
    name: change.kind === 'remove' ? change.name : change.spec.name,
    changes: 'changes' in change ? change.changes : [],
  };
}
