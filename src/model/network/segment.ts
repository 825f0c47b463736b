/** Segments: the numbers that distinguish networks, and their form on the wire of an underlay. Pure. */
import type { Network } from '../slice/slice.ts';
import type { UnderlayKind } from './underlay.ts';

export interface SegmentRange {
  first: number;
  /** Inclusive. */
  last: number;
}

/** Above all VLAN tags, so that no number ever refers to two networks; a VXLAN network identifier has 24 bits (RFC 7348). */
export const segmentsWithoutVlan: SegmentRange = { first: 4096, last: 2 ** 24 - 1 };

/** A network as the nodes of an underlay have it: `segment` is the number that identifies it there. */
export type CarriedNetwork = Omit<Network, 'vlan'>;

/** The networks that an underlay carries, in their order: a trunk identifies a network by its VLAN tag, VXLAN by its segment. */
export function carriedBy(kind: UnderlayKind, networks: readonly Network[]): CarriedNetwork[] {
  return networks.flatMap(({ vlan, ...network }) => {
    if (kind === 'vxlan') return [network];
    return vlan === null ? [] : [{ ...network, segment: vlan }];
  });
}
