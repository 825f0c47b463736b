/** The difference between a slice and its file, as it is shown. Pure. */
import type { Principal } from '../../model/access/principal.ts';
import { sliceWrittenBy } from '../../model/access/slice-name.ts';
import type { PlanAnswer } from '../../model/operations.ts';
import { withoutVmsOfOthers } from '../../model/placement/removal-words.ts';
import type { NetworkChange, SliceChange, VmChange } from '../../model/slice/change.ts';
import { describeChange } from '../../model/slice/change-words.ts';

/** `preview` is its predicted effect at present, `asker` the principal that sees it. */
export function presentChange(change: SliceChange, preview: Pick<PlanAnswer, 'places' | 'refusals'>, asker: Principal): PlanAnswer {
  const shown = (reason: string): string => withoutVmsOfOthers(reason, asker);
  return {
    slice: sliceWrittenBy(asker, change.slice),
    against: change.against,
    networks: change.networks.map(presentPart),
    vms: change.vms.map(presentPart),
    places: preview.places.map((place) => ({ ...place, reason: place.reason === null ? null : shown(place.reason) })),
    refusals: preview.refusals.map(shown),
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
