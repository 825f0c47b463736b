/** Decides group after group, each with the resources that earlier groups left. */
import type { PlacementVm } from '../model/placement/assignment.ts';
import type { PeerIndex } from '../model/placement/peers.ts';
import type { PlacementPolicy } from '../model/placement/placement.ts';
import type { CandidateIndex } from './candidates.ts';
import { type Constraint, constraintOf, unconstrained } from './constraint.ts';
import type { Ledger } from './ledger.ts';
import { pick } from './pick.ts';
import type { PlacementGroup, Unit } from './placement-groups.ts';

export interface Placed {
  unit: Unit;
  position: number;
}

export class Placement {
  readonly ledger: Ledger;
  readonly #candidates: CandidateIndex;
  readonly #peers: PeerIndex<PlacementVm>;
  readonly #decided = new Map<string, number>();
  /** Units that found no room and that depend on no other VM: used resources only grow, so equal units find no room either. */
  readonly #hopeless = new Set<string>();
  readonly #blocked: Uint8Array;
  #cursor: string | null;
  #next: number;

  /** `cursor`: see PlacementSnapshot. */
  constructor(ledger: Ledger, candidates: CandidateIndex, peers: PeerIndex<PlacementVm>, cursor: string | null) {
    this.ledger = ledger;
    this.#candidates = candidates;
    this.#peers = peers;
    this.#blocked = new Uint8Array(ledger.nodes.length);
    this.#cursor = cursor;
    const next = cursor === null ? 0 : ledger.nodes.findIndex(({ config }) => config.name > cursor);
    this.#next = Math.max(0, next);
  }

  /** The name of the node that round-robin used last. */
  get cursor(): string | null {
    return this.#cursor;
  }

  /** A node for each of its units, null where not all can have one. */
  decide(group: PlacementGroup): Placed[] | null {
    if (group.units.some(({ obstacle }) => obstacle !== null)) return null;
    for (const attempt of attemptsAt(group.units)) {
      const placed = this.#placeAll(attempt.units, attempt.policy);
      if (placed !== null) return placed;
    }
    return null;
  }

  /** Whether the places of VMs outside the group determine where one of its units may go. */
  isBound({ units }: PlacementGroup): boolean {
    return units.some((unit) => unit.obstacle === null && this.constraintOf(unit).only !== null);
  }

  constraintOf(unit: Unit): Constraint {
    return constraintOf(unit, this.#peers, this.ledger, this.#decided);
  }

  #placeAll(units: readonly Unit[], policy: PlacementPolicy | null): Placed[] | null {
    const [cursor, next] = [this.#cursor, this.#next];
    const placed: Placed[] = [];
    for (const unit of units) {
      const position = this.#find(unit, policy ?? unit.policy, placed.length === 0);
      if (position < 0) {
        for (const undone of placed) this.#takeBack(undone);
        [this.#cursor, this.#next] = [cursor, next];
        return null;
      }
      this.ledger.take(position, unit.demand);
      for (const { id } of unit.vms) this.#decided.set(id, position);
      placed.push({ unit, position });
    }
    return placed;
  }

  #takeBack({ unit, position }: Placed): void {
    this.ledger.give(position, unit.demand);
    for (const { id } of unit.vms) this.#decided.delete(id);
  }

  /** `first`: nothing was taken tentatively yet, so that the results here hold for later groups too. */
  #find(unit: Unit, policy: PlacementPolicy, first: boolean): number {
    const constraint = this.constraintOf(unit);
    const position =
      constraint === unconstrained ? this.#findAnywhere(unit, policy, first) : this.#findAmongPeers(unit, policy, constraint);
    if (position >= 0 && policy === 'round-robin') {
      this.#cursor = this.ledger.nameOf(position);
      this.#next = position + 1 < this.ledger.nodes.length ? position + 1 : 0;
    }
    return position;
  }

  #findAnywhere(unit: Unit, policy: PlacementPolicy, first: boolean): number {
    const { cpus, memory, disk } = unit.demand;
    const like = `${cpus} ${memory} ${disk} ${unit.candidates.key}`;
    if (this.#hopeless.has(like)) return -1;
    const position = this.#pick(unit, policy, null, null);
    if (position < 0 && first) this.#hopeless.add(like);
    return position;
  }

  #findAmongPeers(unit: Unit, policy: PlacementPolicy, { only, torn, blocked, wishes }: Constraint): number {
    if (torn !== null) return -1;
    if (only !== null) {
      const { position } = only;
      const allowed = unit.candidates.open.includes(position) && !blocked.has(position);
      return allowed && this.ledger.hasRoom(position, unit.demand) ? position : -1;
    }
    for (const position of blocked) this.#blocked[position] = 1;
    const position = this.#pick(unit, policy, this.#blocked, wishes);
    for (const freed of blocked) this.#blocked[freed] = 0;
    return position;
  }

  #pick(unit: Unit, policy: PlacementPolicy, blocked: Uint8Array | null, wishes: Constraint['wishes']): number {
    const { image, demand, candidates } = unit;
    return pick(this.ledger, {
      ...{ candidates: candidates.open, demand, policy, blocked, wishes, next: this.#next },
      image: image === null ? null : this.#candidates.withImage(image),
    });
  }
}

interface Attempt {
  units: readonly Unit[];
  /** Replaces the unit's own; null leaves it. */
  policy: PlacementPolicy | null;
}

/** Several units fit more often when the most constrained and the largest come first, and when they are packed. */
function attemptsAt(units: readonly Unit[]): Attempt[] {
  const asGiven: Attempt = { units, policy: null };
  if (units.length === 1) return [asGiven];
  const hardestFirst = units.toSorted(
    (a, b) =>
      a.candidates.open.length - b.candidates.open.length ||
      b.demand.memory - a.demand.memory ||
      b.demand.cpus - a.demand.cpus ||
      b.demand.disk - a.demand.disk,
  );
  return [asGiven, { units: hardestFirst, policy: null }, { units: hardestFirst, policy: 'pack' }];
}
