/** The nodes that the places of other VMs of its slice leave to a unit. */
import type { PlacementVm } from '../model/placement/assignment.ts';
import type { PeerIndex } from '../model/placement/peers.ts';
import type { Ledger } from './ledger.ts';
import type { Unit } from './placement-groups.ts';

export interface Constraint {
  /** The VM that the unit must be with and the position of that VM's node; null where the unit may go anywhere. */
  only: { peer: PlacementVm; position: number } | null;
  /** Another VM that the unit must be with and that is elsewhere than `only`: so the unit can go nowhere. */
  torn: PlacementVm | null;
  blocked: ReadonlySet<number>;
  wishes: ReadonlyMap<number, number> | null;
}

export const unconstrained: Constraint = { only: null, torn: null, blocked: new Set(), wishes: null };

/** VM → position of the node assigned to it in this round. */
export type Decided = ReadonlyMap<string, number>;

/** Units are added and removed one by one, so peers inside the unit do not count. */
export function constraintOf(unit: Unit, peers: PeerIndex<PlacementVm>, ledger: Ledger, decided: Decided): Constraint {
  const asked = unit.vms.map((vm) => peers.of(vm));
  if (asked.every((one) => one.with.length + one.apart.length + one.liked.length + one.disliked.length === 0)) return unconstrained;
  const outside = (peer: PlacementVm): boolean => !unit.vms.includes(peer);
  const destination = (peer: PlacementVm): number =>
    decided.get(peer.id) ?? ledger.positionOf(peer.movingTo === null ? peer.nodeId : peer.movingTo);
  let only: Constraint['only'] = null;
  let torn: PlacementVm | null = null;
  const blocked = new Set<number>();
  const wishes = new Map<number, number>();
  const wish = (peer: PlacementVm, weight: number): void => {
    const position = destination(peer);
    if (position >= 0) wishes.set(position, (wishes.get(position) ?? 0) + weight);
  };
  for (const one of asked) {
    for (const peer of one.with.filter(outside)) {
      const position = destination(peer);
      if (position < 0) continue;
      if (only === null) only = { peer, position };
      else if (only.position !== position) torn = peer;
    }
    for (const peer of one.apart) {
      for (const position of [decided.get(peer.id) ?? -1, ledger.positionOf(peer.movingTo), ledger.positionOf(peer.nodeId)]) {
        if (position >= 0) blocked.add(position);
      }
    }
    for (const peer of one.liked) wish(peer, 1);
    for (const peer of one.disliked) wish(peer, -1);
  }
  return { only, torn, blocked, wishes: wishes.size === 0 ? null : wishes };
}
