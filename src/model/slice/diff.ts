/** Compares the present slice with the wanted slice. Pure. */
import { fieldDifferences } from '../field.ts';
import { networkFields } from '../network/fields.ts';
import { slicePlacementInWords } from '../placement/placement-words.ts';
import { vmDifferences } from '../vm/fields.ts';
import { type DifferenceContext, unknownSituation, type VmEffect, type VmSituation } from '../vm/situation.ts';
import type { ChangeTime, NetworkChange, SliceChange, VmChange, VmFieldChange } from './change.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';

/**
 * `generation` is that of `current`, null where the slice is new. `situationOf` returns the present situation of each VM of `current`.
 * The order of VMs and networks is no difference.
 */
export function diffSlice(
  current: SliceSpec | null,
  wanted: SliceSpec,
  generation: number | null,
  situationOf: (vm: string) => VmSituation = () => unknownSituation,
): SliceChange {
  const networks = diffParts(current?.networks ?? [], wanted.networks, networkChange);
  const moved = new Map<string, { from: string | null; to: string | null }>();
  for (const change of networks) {
    const cidr = change.kind === 'update' ? change.changes.find(({ field }) => field === 'cidr') : undefined;
    if (change.kind === 'update' && cidr !== undefined) moved.set(change.spec.name, cidr);
  }
  const vms = diffParts(current?.vms ?? [], wanted.vms, (before, after) =>
    vmChange(before, after, { moved, situation: situationOf(after.name) }),
  );
  return { slice: wanted.name, against: generation, spec: wanted, placement: placementChange(current, wanted), networks, vms };
}

export function isEmptyChange(change: SliceChange): boolean {
  return change.against !== null && change.placement === null && change.networks.length === 0 && change.vms.length === 0;
}

/** The placement of a new slice is no difference. */
function placementChange(current: SliceSpec | null, wanted: SliceSpec): SliceChange['placement'] {
  if (current === null) return null;
  const [from, to] = [slicePlacementInWords(current.placement), slicePlacementInWords(wanted.placement)];
  return from === to ? null : { from, to };
}

type Removal = { kind: 'remove'; name: string };
type Creation<Spec> = { kind: 'create'; spec: Spec };

function diffParts<Spec extends { name: string }, Change>(
  current: readonly Spec[],
  wanted: readonly Spec[],
  compare: (before: Spec, after: Spec) => Change | null,
): (Change | Creation<Spec> | Removal)[] {
  const before = new Map(current.map((part) => [part.name, part]));
  const after = new Set(wanted.map((part) => part.name));
  const removed = current.filter((part) => !after.has(part.name)).map(({ name }): Removal => ({ kind: 'remove', name }));
  const others = wanted.flatMap((part): (Change | Creation<Spec>)[] => {
    const old = before.get(part.name);
    if (old === undefined) return [{ kind: 'create', spec: part }];
    const change = compare(old, part);
    return change === null ? [] : [change];
  });
  return [...removed, ...others];
}

function networkChange(before: NetworkSpec, after: NetworkSpec): NetworkChange | null {
  const changes = fieldDifferences(networkFields, before, after);
  return changes.length === 0 ? null : { kind: 'update', spec: after, changes };
}

/** The strongest first. */
const consequences = ['recreate', 'restart'] as const;

function vmChange(before: VmSpec, after: VmSpec, context: DifferenceContext): VmChange | null {
  const differences = vmDifferences(before, after, context);
  if (differences.length === 0) return null;
  const { situation } = context;
  const effects = differences.map(({ effect }) => (situation.state === 'at-rest' && effect !== 'recreate' ? 'update' : effect));
  const kind = consequences.find((consequence) => effects.includes(consequence));
  const changes = differences.map(({ effect: _, ...change }): VmFieldChange => change);
  if (kind !== undefined) return { kind, spec: after, changes };
  return { kind: 'update', spec: after, changes: changes.map((change, index) => ({ ...change, ...timeOf(effects[index]) })) };
}

function timeOf(effect: VmEffect | undefined): { when?: ChangeTime } {
  return effect === 'live' || effect === 'offered' || effect === 'next-start' ? { when: effect } : {};
}
