/** Placement requirements in words, for changes of a slice and for `vm show`. */
import { anywhere, type SlicePlacement, type VmPlacement } from './placement.ts';

/** Equal exactly where the placements are; null for the default. */
export function vmPlacementInWords(placement: VmPlacement): string | null {
  const { priority, node, pools, labels, imagePresent, affinity, antiAffinity } = placement;
  const labelled = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const words = [
    priority === anywhere.priority ? '' : `priority ${priority}`,
    node === null ? '' : `node ${node}`,
    listed('pools', pools),
    listed('labels', labelled.sort()),
    imagePresent ? 'image present' : '',
    listed('with', affinity.required),
    listed('rather with', affinity.preferred),
    listed('apart from', antiAffinity.required),
    listed('rather apart from', antiAffinity.preferred),
  ].filter((part) => part !== '');
  return words.length === 0 ? null : words.join(', ');
}

const listed = (what: string, names: readonly string[]): string => (names.length === 0 ? '' : `${what} ${names.join(' ')}`);

export function slicePlacementInWords({ policy, together }: SlicePlacement): string {
  return `${policy ?? 'as the controller places'}${together ? ', together' : ''}`;
}
