/** Compares a slice as it is with the slice as it is wanted. Pure. */
import { shortHash } from '../identifier.ts';
import { formatSize } from '../input/unit.ts';
import { impairmentInWords } from '../network/impairment.ts';
import { growthEffect, sizeEffect, unknownSituation, type VmEffect, type VmSituation } from '../vm/situation.ts';
import type { ChangeTime, NetworkChange, NetworkFieldChange, SliceChange, VmChange, VmFieldChange } from './change.ts';
import { nicDifferences, type SubnetMove } from './nic-diff.ts';
import { slicePlacementInWords, vmPlacementInWords } from './placement.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';
import { volumeDifferences } from './volume-diff.ts';

/**
 * `generation` is that of `current`, null where the slice is new. `situationOf` tells of each VM of `current` what is possible
 * with it now. The order of VMs and networks is no difference.
 */
export function diffSlice(
  current: SliceSpec | null,
  wanted: SliceSpec,
  generation: number | null,
  situationOf: (vm: string) => VmSituation = () => unknownSituation,
): SliceChange {
  const networks = diffParts(current?.networks ?? [], wanted.networks, networkChange);
  const moved = new Map<string, SubnetMove>();
  for (const change of networks) {
    const cidr = change.kind === 'update' ? change.changes.find(({ field }) => field === 'cidr') : undefined;
    if (change.kind === 'update' && cidr !== undefined) moved.set(change.spec.name, cidr);
  }
  const vms = diffParts(current?.vms ?? [], wanted.vms, (before, after) => vmChange(before, after, moved, situationOf(after.name)));
  return { slice: wanted.name, against: generation, spec: wanted, placement: placementChange(current, wanted), networks, vms };
}

export function isEmptyChange(change: SliceChange): boolean {
  return change.against !== null && change.placement === null && change.networks.length === 0 && change.vms.length === 0;
}

/** That of a new slice is no difference. */
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
  const fields = ['cidr', 'gateway', 'internet', 'dhcp', 'link'] as const;
  const changes: NetworkFieldChange[] = fields
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, from: String(before[field]), to: String(after[field]) }));
  const [from, to] = [impairmentInWords(before.impairment), impairmentInWords(after.impairment)];
  if (from !== to) changes.push({ field: 'impairment', from, to });
  return changes.length === 0 ? null : { kind: 'update', spec: after, changes };
}

interface Difference {
  effect: VmEffect;
  change: VmFieldChange;
}

/** The strongest first. */
const consequences = ['recreate', 'restart'] as const;

function vmChange(before: VmSpec, after: VmSpec, moved: ReadonlyMap<string, SubnetMove>, situation: VmSituation): VmChange | null {
  const differences: Difference[] = [
    ...fieldDifferences(before, after, situation),
    ...volumeDifferences(before.volumes, after.volumes, situation),
    ...nicDifferences(before.nics, after.nics, moved, situation),
  ];
  if (differences.length === 0) return null;
  const effects = differences.map(({ effect }) => (situation.state === 'at-rest' && effect !== 'recreate' ? 'update' : effect));
  const kind = consequences.find((consequence) => effects.includes(consequence));
  if (kind !== undefined) return { kind, spec: after, changes: differences.map(({ change }) => change) };
  const changes = differences.map(({ change }, index) => ({ ...change, ...timeOf(effects[index]) }));
  return { kind: 'update', spec: after, changes };
}

function timeOf(effect: VmEffect | undefined): { when?: ChangeTime } {
  return effect === 'live' || effect === 'offered' || effect === 'next-start' ? { when: effect } : {};
}

type ComparedField = Exclude<keyof VmSpec, 'name' | 'nics' | 'volumes'>;

/** What a change of each field does to the VM, and its value in words. Values are equal exactly where their words are. */
const comparedFields: {
  [Field in ComparedField]: { effect(before: VmSpec, after: VmSpec, situation: VmSituation): VmEffect; words(spec: VmSpec): string | null };
} = {
  image: { effect: () => 'recreate', words: (spec) => spec.image },
  cpus: { effect: (_before, _after, situation) => sizeEffect(situation), words: (spec) => String(spec.cpus) },
  memory: { effect: (_before, _after, situation) => sizeEffect(situation), words: (spec) => formatSize(spec.memory) },
  /** A disk of the image's own size counts as the smallest: a disk grows in place and cannot shrink. */
  disk: {
    effect: (before, after, situation) => ((after.disk ?? 0) < (before.disk ?? 0) ? 'recreate' : growthEffect(situation)),
    words: (spec) => (spec.disk === null ? null : formatSize(spec.disk)),
  },
  firmware: { effect: () => 'restart', words: (spec) => spec.firmware },
  restart: { effect: () => 'update', words: (spec) => spec.restart },
  userData: { effect: () => 'restart', words: (spec) => (spec.userData === null ? null : `hash ${shortHash(16, spec.userData)}`) },
  cloudConfig: {
    effect: () => 'restart',
    words: (spec) => (spec.cloudConfig === null ? null : `hash ${shortHash(16, spec.cloudConfig)}`),
  },
  placement: { effect: () => 'update', words: ({ placement }) => vmPlacementInWords(placement) },
  sshKeys: {
    effect: () => 'restart',
    words: ({ sshKeys }) => (sshKeys.length === 0 ? null : `${sshKeys.length} with hash ${shortHash(16, ...sshKeys)}`),
  },
};

function fieldDifferences(before: VmSpec, after: VmSpec, situation: VmSituation): Difference[] {
  const fields = Object.keys(comparedFields) as ComparedField[];
  return fields.flatMap((field) => {
    const { effect, words } = comparedFields[field];
    const [from, to] = [words(before), words(after)];
    return from === to ? [] : [{ effect: effect(before, after, situation), change: { field, from, to } }];
  });
}
