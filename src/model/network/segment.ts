/** Segments: the numbers that keep networks apart, and what an underlay makes of them on the wire. Pure. */
import type { Network } from '../slice/slice.ts';
import type { UnderlayKind } from './underlay.ts';

export interface SegmentRange {
  first: number;
  /** Inclusive. */
  last: number;
}

/** Above all VLAN tags, so that no number ever means two networks; a VXLAN network identifier has 24 bits (RFC 7348). */
export const segmentsWithoutVlan: SegmentRange = { first: 4096, last: 2 ** 24 - 1 };

/** A network as the nodes that share an underlay have it: `segment` is the number that tells it apart there. */
export type CarriedNetwork = Omit<Network, 'vlan'>;

/** Those that an underlay carries, in their order: a trunk tells a network by its VLAN tag, VXLAN by its segment. */
export function carriedBy(kind: UnderlayKind, networks: readonly Network[]): CarriedNetwork[] {
  return networks.flatMap(({ vlan, ...network }) => {
    if (kind === 'vxlan') return [network];
    return vlan === null ? [] : [{ ...network, segment: vlan }];
  });
}
