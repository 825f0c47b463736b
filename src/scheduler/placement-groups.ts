/** The units to be placed, in their order: VMs that must be together as one unit, and groups that are placed as a whole. */

import type { Node } from '../model/node/node.ts';
import type { PlacementSnapshot, PlacementVm } from '../model/placement/assignment.ts';
import { add, type Resources } from '../model/placement/capacity.ts';
import { requirementOf } from '../model/placement/node-fit.ts';
import { type PeerIndex, unitsOf } from '../model/placement/peers.ts';
import { type PlacementPolicy, type SlicePlacement, usualPlacement } from '../model/placement/placement.ts';
import type { CandidateIndex, Candidates } from './candidates.ts';

/** VMs for one node: a single VM, or VMs that must be together. */
export interface Unit {
  vms: readonly PlacementVm[];
  demand: Resources;
  candidates: Candidates;
  policy: PlacementPolicy;
  /** Content of the first disk, where all VMs have the same. */
  image: string | null;
  /** The obstacle to any node; null where only room may be missing. */
  obstacle: string | null;
}

/** Units that all get a node, or none of them. */
export interface PlacementGroup {
  kind: 'vm' | 'move';
  units: readonly Unit[];
  /** True where the slice requires it, false where the units are a group for another reason. */
  together: boolean;
}

interface Context {
  snapshot: Pick<PlacementSnapshot, 'slices' | 'images' | 'fetchFailures'>;
  nodes: ReadonlyMap<string, Node>;
  candidates: CandidateIndex;
  peers: PeerIndex<PlacementVm>;
  policy: PlacementPolicy;
}

/** Higher priority first, then older ones; the rest of the order only makes it deterministic. `leaving` have a node that drains. */
export function placementGroups(context: Context, unplaced: readonly PlacementVm[], leaving: readonly PlacementVm[]): PlacementGroup[] {
  const placements = new Map(context.snapshot.slices.map(({ id, spec }) => [id, spec.placement]));
  const placementOf = ({ sliceId }: PlacementVm): SlicePlacement => placements.get(sliceId) ?? usualPlacement;
  const unitOf = (vms: readonly PlacementVm[], first: PlacementVm): Unit => makeUnit(context, vms, placementOf(first).policy);
  const groups: PlacementGroup[] = [];
  const whole = new Map<string, Unit[]>();
  for (const vms of unitsOf(unplaced, context.peers)) {
    const [first] = vms;
    if (first === undefined) continue;
    const unit = unitOf(vms, first);
    if (!placementOf(first).together) groups.push({ kind: 'vm', units: [unit], together: false });
    else {
      const units = whole.get(first.sliceId);
      if (units === undefined) whole.set(first.sliceId, [unit]);
      else units.push(unit);
    }
  }
  for (const units of whole.values()) groups.push({ kind: 'vm', units, together: true });
  for (const vms of unitsOf(leaving, context.peers)) {
    const [first] = vms;
    if (first !== undefined) groups.push({ kind: 'move', units: [unitOf(vms, first)], together: false });
  }
  return inOrder(groups);
}

function makeUnit({ snapshot, nodes, candidates, peers, policy }: Context, vms: readonly PlacementVm[], own: PlacementPolicy | null): Unit {
  const requirements = vms.flatMap((vm) => {
    const image = snapshot.images.get(vm.imageId);
    return image === undefined ? [] : [requirementOf(vm, image, nodes.get(vm.nodeId ?? ''))];
  });
  const contents = vms.map(({ imageId }) => snapshot.images.get(imageId)?.content?.sha256 ?? null);
  const [content = null] = contents;
  const [first, ...others] = vms.map(({ demand }) => demand);
  return {
    vms,
    demand: others.reduce(add, first ?? { cpus: 0, memory: 0, disk: 0 }),
    candidates: candidates.ofAll(requirements),
    policy: own ?? policy,
    image: contents.every((other) => other === content) ? content : null,
    obstacle: missingImage(vms, snapshot) ?? contradiction(vms, peers),
  };
}

/** A VM that has a node already needs nothing more than the node has. */
function missingImage(vms: readonly PlacementVm[], { images, fetchFailures }: Context['snapshot']): string | null {
  for (const vm of vms) {
    if (vm.nodeId !== null) continue;
    const needed = [
      { id: vm.imageId, name: vm.spec.image },
      ...vm.volumes.map(({ imageId }, index) => ({ id: imageId, name: vm.spec.volumes[index]?.image ?? '' })),
    ];
    const missing = needed.find(({ id }) => id !== null && !images.get(id)?.content);
    if (missing === undefined) continue;
    const image = images.get(missing.id ?? '');
    // For a VM that is only planned: its image was not requested yet.
    if (image === undefined) return `image ${missing.name} has to be fetched first`;
    const { name } = image;
    const failure = fetchFailures.get(name);
    return failure === undefined ? `image ${name} is being fetched` : `image ${name} was not fetched yet: ${failure}`;
  }
  return null;
}

function contradiction(vms: readonly PlacementVm[], peers: PeerIndex<PlacementVm>): string | null {
  if (vms.length === 1) return null;
  for (const vm of vms) {
    const peer = peers.of(vm).apart.find((other) => vms.includes(other));
    if (peer !== undefined) return `${vm.name} and ${peer.name} must be on the same node and must not`;
  }
  return null;
}

function inOrder(groups: readonly PlacementGroup[]): PlacementGroup[] {
  return groups
    .map((group) => ({ group, ...rankOf(group) }))
    .sort((a, b) => b.priority - a.priority || a.createdAt - b.createdAt || compare(a.name, b.name) || compare(a.id, b.id))
    .map(({ group }) => group);
}

function rankOf({ units }: PlacementGroup): { priority: number; createdAt: number; name: string; id: string } {
  let [priority, createdAt] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let first: PlacementVm | undefined;
  for (const unit of units) {
    for (const vm of unit.vms) {
      first ??= vm;
      priority = Math.max(priority, vm.spec.placement.priority);
      createdAt = Math.min(createdAt, vm.createdAt);
    }
  }
  return { priority, createdAt, name: `${first?.slice}/${first?.name}`, id: first?.id ?? '' };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
