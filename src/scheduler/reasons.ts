/** Why something found no node, in words for an operator: what each node lacks, and what would make it fit. Of bounded length. */
import type { PlacementVm } from '../model/assignment.ts';
import { demandOf, type Resources, sizeInWords } from '../model/capacity.ts';
import type { Node } from '../model/node.ts';
import { mismatch, type NodeRequirement, otherNode, unavailability } from '../model/node-fit.ts';
import type { Constraint } from './constraint.ts';
import type { Job, Unit } from './jobs.ts';
import { fits, type Ledger } from './ledger.ts';
import { NameGroups } from './name-groups.ts';

const kinds = ['cpus', 'memory', 'disk'] as const;
type Kind = (typeof kinds)[number];

/** Nodes of which it is said how much they have free. */
const mostCompared = 3;
/** Nodes whose VMs are looked at for one that is in the way. */
const mostSearched = 20;

export interface ReasonContext {
  ledger: Ledger;
  vms: readonly PlacementVm[];
  /** Throws where its image is not known. */
  requirementOf(vm: PlacementVm): NodeRequirement;
  constraintOf(unit: Unit): Constraint;
}

export class Reasons {
  readonly #context: ReasonContext;
  readonly #known = new Map<string, string>();
  #vmsByNode: ReadonlyMap<string | null, readonly PlacementVm[]> | null = null;

  /** What is free is read from the ledger when a reason is asked for, so ask when all is decided. */
  constructor(context: ReasonContext) {
    this.#context = context;
  }

  /** The reason of a unit of a job that found no place. */
  of(job: Job, unit: Unit): string {
    if (!job.together || job.units.length === 1) return this.#ofUnit(unit);
    const stuck = job.units.find((one) => one.obstacle !== null || !this.#fitsAlone(one));
    if (stuck !== undefined) return `its slice is placed together, and ${labelOf(stuck)}: ${this.#ofUnit(stuck)}`;
    const count = job.units.reduce((sum, { vms }) => sum + vms.length, 0);
    return `its slice is placed together, and its ${count} VMs, each of which would fit alone, do not fit all at once`;
  }

  #fitsAlone(unit: Unit): boolean {
    const { only, torn, blocked } = this.#context.constraintOf(unit);
    if (torn !== null) return false;
    return unit.candidates.open.some(
      (position) =>
        (only === null || only.position === position) && !blocked.has(position) && fits(unit.demand, this.#context.ledger.free(position)),
    );
  }

  #ofUnit(unit: Unit): string {
    if (unit.obstacle !== null) return unit.obstacle;
    const constraint = this.#context.constraintOf(unit);
    const free = constraint.only === null && constraint.torn === null && constraint.blocked.size === 0;
    const key = `${unit.candidates.key} ${unit.vms.length} ${kinds.map((kind) => unit.demand[kind]).join(' ')} ${unit.vms[0]?.nodeId}`;
    const known = free ? this.#known.get(key) : undefined;
    if (known !== undefined) return known;
    const reason = this.#explain(unit, constraint);
    if (free) this.#known.set(key, reason);
    return reason;
  }

  #explain(unit: Unit, constraint: Constraint): string {
    const { ledger, requirementOf } = this.#context;
    if (ledger.nodes.length === 0) return 'there is no node yet; add one with `croft node add`';
    const requirements = unit.vms.map(requirementOf);
    const asked = requirements.find(({ node }) => node !== null)?.node ?? null;
    if (asked !== null && !ledger.nodes.some(({ config }) => config.name === asked)) return `asks for node ${asked}, which does not exist`;
    const tied = this.#tied(constraint);
    if (constraint.torn !== null) return tied;
    return [tied, ...this.#obstacles(unit, requirements, constraint)].filter((part) => part !== '').join('; ');
  }

  #tied({ only, torn }: Constraint): string {
    if (only === null) return '';
    const name = this.#context.ledger.nameOf(only.position);
    if (torn !== null) return `must be with ${only.peer.name} on ${name} and with ${torn.name} elsewhere`;
    return `must be on ${name} with ${only.peer.name}`;
  }

  #obstacles(unit: Unit, requirements: readonly NodeRequirement[], { only, blocked }: Constraint): string[] {
    const { ledger } = this.#context;
    const groups = new NameGroups();
    const [short, resumable, awaited, suitable]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (const [position, node] of ledger.nodes.entries()) {
      if ((only !== null && position !== only.position) || unit.vms.some(({ nodeId }) => nodeId === node.id)) continue;
      const lacking = firstOf(requirements, (requirement) => mismatch(node, requirement));
      if (lacking === otherNode) continue;
      if (lacking === null) suitable.push(position);
      const closed = unavailability(node);
      if (lacking !== null || closed !== null) groups.add(lacking ?? closed ?? '', node.config.name);
      else if (blocked.has(position)) groups.add('has VMs that it must be apart from', node.config.name);
      else short.push(position);
      if (lacking !== null || closed === null || blocked.has(position) || !fits(unit.demand, ledger.free(position))) continue;
      if (onlyDrains(node)) resumable.push(position);
      else awaited.push(position);
    }
    const tooLarge = this.#largerThanAny(unit.demand, suitable);
    if (tooLarge !== null) return [tooLarge];
    if (groups.empty && short.length === 0) return ['there is no other node'];
    return [...this.#shortages(unit.demand, short), ...groups.words(), ...this.#remedies(unit.demand, short, resumable, awaited)];
  }

  #largerThanAny(demand: Resources, suitable: readonly number[]): string | null {
    const { ledger } = this.#context;
    if (suitable.length === 0 || suitable.some((position) => fits(demand, ledger.capacity(position)))) return null;
    const told = kinds.filter((kind) => suitable.every((position) => (ledger[kind][position] ?? 0) < demand[kind]));
    if (told.length === 0)
      return `is larger than any node: needs ${amounts(
        demand,
        kinds.filter((kind) => demand[kind] > 0),
      )} at once`;
    const largest = Object.fromEntries(
      kinds.map((kind) => [kind, Math.max(...suitable.map((position) => ledger[kind][position] ?? 0))]),
    ) as Record<Kind, number>;
    return `is larger than any node: needs ${amounts(demand, told)}, and the most that one has is ${amounts(largest, told)}`;
  }

  #shortages(demand: Resources, short: readonly number[]): string[] {
    const { ledger } = this.#context;
    const lacking = kinds.filter((kind) => short.some((position) => ledger.free(position)[kind] < demand[kind]));
    if (lacking.length === 0) return [];
    const nearest = this.#nearest(demand, short).slice(0, mostCompared);
    const told = nearest.map((position) => {
      const free = ledger.free(position);
      const missing = kinds.filter((kind) => free[kind] < demand[kind]);
      return `${ledger.nameOf(position)}: ${amounts(free, missing)} free`;
    });
    const more = short.length > nearest.length ? [`${short.length - nearest.length} more have no more than that`] : [];
    return [`needs ${amounts(demand, lacking)}`, ...told, ...more];
  }

  /** Those that lack the smallest share first. */
  #nearest(demand: Resources, positions: readonly number[]): number[] {
    const { ledger } = this.#context;
    const lack = (position: number): number => {
      const free = ledger.free(position);
      return Math.max(...kinds.map((kind) => (demand[kind] === 0 ? 0 : (demand[kind] - free[kind]) / demand[kind])));
    };
    return positions
      .map((position) => ({ position, lack: lack(position) }))
      .sort((a, b) => a.lack - b.lack || a.position - b.position)
      .map(({ position }) => position);
  }

  #remedies(demand: Resources, short: readonly number[], [resumable]: readonly number[], [awaited]: readonly number[]): string[] {
    const { ledger } = this.#context;
    const remedies: string[] = [];
    if (resumable !== undefined) {
      const name = ledger.nameOf(resumable);
      remedies.push(`on ${name} after \`croft node resume ${name}\``);
    } else if (awaited !== undefined) remedies.push(`on ${ledger.nameOf(awaited)} once it is ready`);
    const inTheWay = this.#inTheWay(demand, this.#nearest(demand, short).slice(0, mostSearched));
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
        const size = demandOf(vm.spec);
        if (best !== null && (size.memory > best.size.memory || (size.memory === best.size.memory && size.cpus >= best.size.cpus)))
          continue;
        if (kinds.every((kind) => demand[kind] <= free[kind] + size[kind])) best = { vm, size, position };
      }
    }
    if (best === null) return null;
    const { vm, size, position } = best;
    return `on ${ledger.nameOf(position)} if ${vm.slice}/${vm.name} (${sizeInWords(size.memory)}) were removed`;
  }
}

function onlyDrains({ observed }: Node): boolean {
  return observed.status === 'ready';
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

function firstOf<Item>(items: readonly Item[], find: (item: Item) => string | null): string | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
