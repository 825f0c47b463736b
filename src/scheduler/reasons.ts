/**
 * Why a unit found no node, in words for an operator: the lack of each node, and the change that would make the unit fit. Of bounded
 * length.
 */
import type { PlacementVm } from '../model/placement/assignment.ts';
import { type Resources, sizeInWords } from '../model/placement/capacity.ts';
import type { NodeRequirement } from '../model/placement/node-fit.ts';
import { roomByRemoval } from '../model/placement/removal-words.ts';
import type { Constraint } from './constraint.ts';
import type { Ledger } from './ledger.ts';
import { NameGroups } from './name-groups.ts';
import type { PlacementGroup, Unit } from './placement-groups.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';
import { UnknownTargets } from './unknown-targets.ts';

const kinds = ['cpus', 'memory', 'disk'] as const;
type Kind = (typeof kinds)[number];

/** The number of nodes whose free resources are reported. */
const mostCompared = 3;
/** The number of nodes whose VMs are searched for one in the way. */
const mostSearched = 20;

export interface ReasonContext {
  ledger: Ledger;
  vms: readonly PlacementVm[];
  /** Whether its image is known. */
  isKnown(vm: PlacementVm): boolean;
  /** Throws where its image is not known. */
  requirementOf(vm: PlacementVm): NodeRequirement;
  constraintOf(unit: Unit): Constraint;
}

export class Reasons {
  readonly #context: ReasonContext;
  readonly #known = new Map<string, string>();
  readonly #around = new Map<string, Surroundings>();
  #unknownTargets: UnknownTargets | null = null;
  #vmsByNode: ReadonlyMap<string | null, readonly PlacementVm[]> | null = null;

  /** Free resources are read from the ledger when a reason is requested, so request reasons after all decisions. */
  constructor(context: ReasonContext) {
    this.#context = context;
  }

  /** The reason of a unit of a group that found no place. */
  of(group: PlacementGroup, unit: Unit): string {
    if (!group.together || group.units.length === 1) {
      const reason = this.#ofUnit(unit);
      return unit.vms.length === 1 || unit.obstacle !== null ? reason : `${labelOf(unit)}: ${reason}`;
    }
    const stuck = group.units.find((one) => one.obstacle !== null || !this.#fitsAlone(one));
    if (stuck !== undefined) return `its slice is placed together, and ${labelOf(stuck)}: ${this.#ofUnit(stuck)}`;
    const count = group.units.reduce((sum, { vms }) => sum + vms.length, 0);
    return `its slice is placed together, and its ${count} VMs, each of which would fit alone, do not fit all at once`;
  }

  #fitsAlone(unit: Unit): boolean {
    const { only, torn, blocked } = this.#context.constraintOf(unit);
    if (torn !== null) return false;
    return unit.candidates.open.some(
      (position) =>
        (only === null || only.position === position) && !blocked.has(position) && this.#context.ledger.hasRoom(position, unit.demand),
    );
  }

  #ofUnit(unit: Unit): string {
    if (unit.obstacle !== null) return this.#withMore(unit, unit.obstacle);
    const constraint = this.#context.constraintOf(unit);
    const free = constraint.only === null && constraint.torn === null && constraint.blocked.size === 0;
    const key = `${unit.candidates.key} ${unit.vms.length} ${kinds.map((kind) => unit.demand[kind]).join(' ')} ${unit.vms[0]?.nodeId}`;
    const known = free ? this.#known.get(key) : undefined;
    if (known !== undefined) return known;
    const reason = this.#explain(unit, constraint);
    if (free) this.#known.set(key, reason);
    return reason;
  }

  /** Where no node would do anyway, waiting for the obstacle is of no use. */
  #withMore(unit: Unit, obstacle: string): string {
    const { open, closed } = unit.candidates;
    if (open.length + closed.length > 0 || this.#context.ledger.nodes.length === 0 || !unit.vms.every(this.#context.isKnown))
      return obstacle;
    return `${obstacle}; but ${this.#explain(unit, this.#context.constraintOf(unit))}`;
  }

  #explain(unit: Unit, constraint: Constraint): string {
    const { ledger, requirementOf } = this.#context;
    if (ledger.nodes.length === 0) return 'there is no node yet; add one with `croft node add`';
    const requirements = unit.vms.map(requirementOf);
    this.#unknownTargets ??= new UnknownTargets(ledger.nodes);
    const unknownTargets = new Set(requirements.flatMap((requirement) => this.#unknownTargets?.words(requirement) ?? []));
    if (unknownTargets.size > 0) return [...unknownTargets].join('; ');
    const bound = this.#bound(unit, requirements);
    if (bound !== null) return bound;
    const tied = this.#tied(constraint);
    if (constraint.torn !== null) return tied;
    return [tied, ...this.#obstacles(unit, requirements, constraint)].filter((part) => part !== '').join('; ');
  }

  /** Where the named nodes leave no choice at all. */
  #bound({ vms }: Unit, requirements: readonly NodeRequirement[]): string | null {
    const asked = new Map(requirements.flatMap(({ node }, index) => (node === null ? [] : [[node, vms[index]?.name]])));
    const [[first = '', by] = [], [second, other] = []] = [...asked];
    if (second !== undefined) return `${by} asks for node ${first} and ${other} for node ${second}, and they must be on the same node`;
    const { ledger } = this.#context;
    const isThere = asked.size > 0 && vms.some(({ nodeId }) => nodeId !== null && ledger.nameOf(ledger.positionOf(nodeId)) === first);
    return isThere ? `it asks for node ${first} itself` : null;
  }

  #tied({ only, torn }: Constraint): string {
    if (only === null) return '';
    const name = this.#context.ledger.nameOf(only.position);
    if (torn !== null) return `must be with ${only.peer.name} on ${name} and with ${torn.name} elsewhere`;
    return `must be on ${name} with ${only.peer.name}`;
  }

  #obstacles(unit: Unit, requirements: readonly NodeRequirement[], { only, blocked }: Constraint): string[] {
    const { ledger } = this.#context;
    const around = this.#surroundings(unit, requirements, only?.position ?? null);
    const tooLarge = this.#largerThanAny(unit.demand, around.suitable, around.largest);
    if (tooLarge !== null) return [tooLarge];
    const forbidden = new NameGroups();
    for (const position of around.open)
      if (blocked.has(position)) forbidden.add('has VMs that it must be apart from', ledger.nameOf(position));
    const possible = (positions: readonly number[]): readonly number[] =>
      blocked.size === 0 ? positions : positions.filter((position) => !blocked.has(position));
    const short = possible(around.open);
    const words = [...forbidden.words(), ...around.words];
    if (words.length === 0 && short.length === 0) return ['there is no other node'];
    const nearest = this.#nearest(unit.demand, short);
    const fitting = (positions: readonly number[]) => possible(positions).find((position) => ledger.hasRoom(position, unit.demand));
    const remedies = this.#remedies(unit.demand, nearest, fitting(around.drained), fitting(around.awaited));
    return [...this.#shortages(unit.demand, nearest, short.length), ...words, ...remedies];
  }

  #surroundings({ vms, candidates }: Unit, requirements: readonly NodeRequirement[], only: number | null): Surroundings {
    const { ledger } = this.#context;
    const own = new Set(vms.map(({ nodeId }) => ledger.positionOf(nodeId)));
    const elsewhere = (position: number): boolean => !own.has(position);
    if (only !== null) return surroundingsOf(ledger, [only].filter(elsewhere), requirements);
    const key = `${candidates.key} ${[...own].join()}`;
    const known = this.#around.get(key);
    if (known !== undefined) return known;
    const found = surroundingsOf(ledger, [...ledger.nodes.keys()].filter(elsewhere), requirements);
    this.#around.set(key, found);
    return found;
  }

  #largerThanAny(demand: Resources, suitable: readonly number[], largest: Resources): string | null {
    const { ledger } = this.#context;
    if (suitable.length === 0) return null;
    const told = kinds.filter((kind) => largest[kind] < demand[kind]);
    if (told.length > 0)
      return `is larger than any node: needs ${amounts(demand, told)}, and the most that one has is ${amounts(largest, told)}`;
    if (suitable.some((position) => kinds.every((kind) => demand[kind] <= (ledger[kind][position] ?? 0)))) return null;
    const asked = kinds.filter((kind) => demand[kind] > 0);
    return `is larger than any node: needs ${amounts(demand, asked)} at once`;
  }

  /** `nearest` of the `count` nodes that would do except for their room. */
  #shortages(demand: Resources, nearest: readonly number[], count: number): string[] {
    if (count === 0) return [];
    const { ledger } = this.#context;
    const told = nearest.slice(0, mostCompared).map((position) => {
      const free = ledger.free(position);
      return { name: ledger.nameOf(position), free, missing: kinds.filter((kind) => free[kind] < demand[kind]) };
    });
    const lacking = kinds.filter((kind) => told.some(({ missing }) => missing.includes(kind)));
    const more = count > told.length ? [`${count - told.length} more have no more than that`] : [];
    return [
      `needs ${amounts(demand, lacking)}`,
      ...told.map(({ name, free, missing }) => `${name}: ${amounts(free, missing)} free`),
      ...more,
    ];
  }

  /** The nodes that lack the smallest share first, at most `mostSearched`. */
  #nearest(demand: Resources, positions: readonly number[]): number[] {
    const { freeCpus, freeMemory, freeDisk } = this.#context.ledger;
    const lackOf = (free: number, wanted: number): number => (wanted === 0 ? 0 : (wanted - free) / wanted);
    const best: { position: number; lack: number }[] = [];
    for (const position of positions) {
      const lack = Math.max(
        lackOf(freeCpus[position] ?? 0, demand.cpus),
        lackOf(freeMemory[position] ?? 0, demand.memory),
        lackOf(freeDisk[position] ?? 0, demand.disk),
      );
      if (best.length === mostSearched && lack >= (best.at(-1)?.lack ?? 0)) continue;
      const index = best.findIndex((one) => lack < one.lack);
      best.splice(index < 0 ? best.length : index, 0, { position, lack });
      if (best.length > mostSearched) best.pop();
    }
    return best.map(({ position }) => position);
  }

  #remedies(demand: Resources, nearest: readonly number[], resumable: number | undefined, awaited: number | undefined): string[] {
    const { ledger } = this.#context;
    const remedies: string[] = [];
    if (resumable !== undefined) {
      const name = ledger.nameOf(resumable);
      remedies.push(`on ${name} after \`croft node resume ${name}\``);
    } else if (awaited !== undefined) remedies.push(`on ${ledger.nameOf(awaited)} once it is ready`);
    const inTheWay = this.#inTheWay(demand, nearest);
    if (inTheWay !== null) remedies.push(inTheWay);
    return remedies.length === 0 ? [] : [`would fit ${remedies.join(', or ')}`];
  }

  /** The smallest VM without which it would fit. A stopped VM keeps its share, so it would have to be removed. */
  #inTheWay(demand: Resources, positions: readonly number[]): string | null {
    const { ledger, vms } = this.#context;
    this.#vmsByNode ??= Map.groupBy(vms, ({ nodeId }) => nodeId);
    let best: { vm: PlacementVm; size: Resources; position: number } | null = null;
    for (const position of positions) {
      const free = ledger.free(position);
      for (const vm of this.#vmsByNode.get(ledger.nodes[position]?.id ?? '') ?? []) {
        const size = vm.demand;
        if (best !== null && (size.memory > best.size.memory || (size.memory === best.size.memory && size.cpus >= best.size.cpus)))
          continue;
        if (kinds.every((kind) => demand[kind] <= free[kind] + size[kind])) best = { vm, size, position };
      }
    }
    if (best === null) return null;
    const { vm, size, position } = best;
    const free = ledger.free(position);
    const lacking = kinds.filter((kind) => free[kind] < demand[kind]);
    return roomByRemoval(ledger.nameOf(position), vm, amounts(size, lacking));
  }
}

function labelOf({ vms }: Unit): string {
  return vms.map(({ name }) => name).join(' with ');
}

function amounts(of: Resources, which: readonly Kind[]): string {
  const words = which.map((kind) => {
    const amount = Math.max(0, of[kind]);
    if (kind === 'cpus') return `${amount} ${amount === 1 ? 'CPU' : 'CPUs'}`;
    return `${sizeInWords(amount)} of ${kind}`;
  });
  return words.join(' and ');
}
