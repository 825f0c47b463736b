/** The placement requirements of a slice file: read, checked and converted back. */
import { type InputIssues, type InputPath, unknownName } from '../input/issues.ts';
import { PeerIndex, unitsOf } from '../placement/peers.ts';
import type { Affinity, SlicePlacement, VmPlacement } from '../placement/placement.ts';
import type { VmDraft } from './draft.ts';
import type { MeantVms } from './meant-vms.ts';
import type { AffinityFile, SlicePlacementFile, VmPlacementFile } from './placement-file.ts';
import type { VmReading } from './reading.ts';
import type { VmSpec } from './slice.ts';

export function slicePlacementOf(file: SlicePlacementFile | undefined): SlicePlacement {
  return { policy: file?.policy ?? null, together: file?.together ?? false };
}

export function vmPlacementOf({ vm, meant, issues }: VmReading): VmPlacement {
  const { priority = 0, placement = {} } = vm.fields;
  const namesOf = (rule: 'affinity' | 'antiAffinity'): Affinity =>
    affinityOf(placement[rule], vm.name, meant, [...vm.pathOf('placement'), rule], issues);
  return {
    priority,
    node: placement.node ?? null,
    pools: [...new Set(placement.pools)].sort(),
    labels: placement.labels ?? {},
    imagePresent: placement.imagePresent ?? false,
    affinity: namesOf('affinity'),
    antiAffinity: namesOf('antiAffinity'),
  };
}

/** A required rule is not preferred in addition. */
function affinityOf(file: AffinityFile | undefined, own: string, meant: MeantVms, path: InputPath, issues: InputIssues): Affinity {
  const resolve = (strength: 'required' | 'preferred'): string[] => {
    const names = (file?.[strength] ?? []).flatMap((name, index) => {
      const vms = meant.get(name);
      if (vms === undefined) issues.add([...path, strength, index], unknownName('VM', name, [...meant.keys()]));
      return vms ?? [];
    });
    return [...new Set(names)].filter((name) => name !== own).sort();
  };
  const required = resolve('required');
  return { required, preferred: resolve('preferred').filter((name) => !required.includes(name)) };
}

/** Adds an issue for VMs that must be on the same node, directly or through others, and must not. */
export function refuseContradictions(vms: readonly VmSpec[], drafts: readonly VmDraft[], issues: InputIssues): void {
  const paths = new Map(drafts.map((draft) => [draft.name, draft.pathOf('placement')]));
  const members = vms.map((spec) => ({ id: spec.name, sliceId: '', name: spec.name, spec }));
  const peers = new PeerIndex(members);
  for (const unit of unitsOf(members, peers)) {
    const together = new Set(unit.map(({ name }) => name));
    for (const vm of unit) {
      const other = vm.spec.placement.antiAffinity.required.find((name) => together.has(name));
      if (other !== undefined) issues.add(paths.get(vm.name) ?? [], `VM ${vm.name} must be on the same node as VM ${other} and must not`);
    }
  }
}

/** The opposite of slicePlacementOf; undefined for the defaults. */
export function slicePlacementFile({ policy, together }: SlicePlacement): SlicePlacementFile | undefined {
  if (policy === null && !together) return undefined;
  return { ...(policy !== null && { policy }), ...(together && { together }) };
}

/** The opposite of vmPlacementOf, without defaults. */
export function vmPlacementFile(placement: VmPlacement): { priority?: number; placement?: VmPlacementFile } {
  const { priority, node, pools, labels, imagePresent, affinity, antiAffinity } = placement;
  const file: VmPlacementFile = {
    ...(node !== null && { node }),
    ...(pools.length > 0 && { pools }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(imagePresent && { imagePresent }),
    ...(isEmpty(affinity) ? {} : { affinity: affinityFile(affinity) }),
    ...(isEmpty(antiAffinity) ? {} : { antiAffinity: affinityFile(antiAffinity) }),
  };
  return { ...(priority !== 0 && { priority }), ...(Object.keys(file).length > 0 && { placement: file }) };
}

const isEmpty = ({ required, preferred }: Affinity): boolean => required.length + preferred.length === 0;

function affinityFile({ required, preferred }: Affinity): AffinityFile {
  return { ...(required.length > 0 && { required }), ...(preferred.length > 0 && { preferred }) };
}

/** The specification without names of VMs that are gone; the same object where there was none. */
export function withoutPeer(spec: VmSpec, gone: string): VmSpec {
  const { affinity, antiAffinity } = spec.placement;
  const lists = [affinity.required, affinity.preferred, antiAffinity.required, antiAffinity.preferred];
  if (!lists.some((names) => names.includes(gone))) return spec;
  const without = ({ required, preferred }: Affinity): Affinity => ({
    required: required.filter((name) => name !== gone),
    preferred: preferred.filter((name) => name !== gone),
  });
  return { ...spec, placement: { ...spec.placement, affinity: without(affinity), antiAffinity: without(antiAffinity) } };
}
