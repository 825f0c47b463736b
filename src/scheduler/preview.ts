/** Predicts the effect of a slice's change: where its new VMs would be placed now, or why they would wait. Pure. */

import type { Image, ImageContent } from '../model/image/image.ts';
import { isImpaired } from '../model/network/node-links.ts';
import type { PlacementSnapshot, PlacementVm } from '../model/placement/assignment.ts';
import { demandOf } from '../model/placement/capacity.ts';
import { outgrowths, unknownDemands } from '../model/placement/outgrowth.ts';
import type { SliceChange } from '../model/slice/change.ts';
import type { Slice, VmSpec } from '../model/slice/slice.ts';
import { type ScheduleOptions, schedule } from './schedule.ts';

export interface PlannedPlace {
  vm: string;
  /** The node's name; null where the VM would wait. */
  node: string | null;
  /** Set exactly where `node` is null. */
  reason: string | null;
}

export interface Preview {
  /** For each VM that the change creates, in its order. */
  places: PlannedPlace[];
  /** Why a commit of the change would be refused at present; empty where it would not. */
  refusals: string[];
}

/** `images` are those that have names now; an image that is not among them has yet to be fetched. */
export function previewPlacement(
  snapshot: PlacementSnapshot,
  change: SliceChange,
  images: readonly Image[],
  options: ScheduleOptions,
): Preview {
  const specs = change.vms.flatMap((vm) => (vm.kind === 'create' || vm.kind === 'recreate' ? [vm.spec] : []));
  const after = afterwards(snapshot, change, specs, images, options.now);
  return { places: specs.length === 0 ? [] : placesOf(after, specs, options), refusals: refusalsOf(snapshot, change, images, after) };
}

function refusalsOf(snapshot: PlacementSnapshot, change: SliceChange, images: readonly Image[], after: PlacementSnapshot): string[] {
  const names = new Map(snapshot.nodes.map(({ id, config }) => [id, config.name]));
  const fetched = new Set(images.filter(({ content }) => content !== null).map(({ name }) => name));
  const edited = new Set(change.vms.flatMap((vm) => (vm.kind === 'update' || vm.kind === 'restart' ? [vm.spec.name] : [])));
  const unknown = after.vms
    .filter(({ slice, name, nodeId }) => slice === change.slice && edited.has(name) && nodeId !== null)
    .flatMap(({ spec, nodeId }) => unknownDemands(spec, names.get(nodeId ?? '') ?? '', (image) => fetched.has(image)));
  const before = new Map(snapshot.vms.map(({ id, demand }) => [id, demand]));
  const placed = after.vms.filter(({ nodeId }) => nodeId !== null).map((vm) => ({ ...vm, before: before.get(vm.id) ?? vm.demand }));
  return [...unknown, ...outgrowths(placed, new Map(snapshot.nodes.map((node) => [node.id, node])))];
}

function placesOf(snapshot: PlacementSnapshot, specs: readonly VmSpec[], options: ScheduleOptions): PlannedPlace[] {
  const { assignments } = schedule(snapshot, options);
  const decided = new Map(assignments.map((assignment) => [assignment.id, assignment]));
  const names = new Map(snapshot.nodes.map(({ id, config }) => [id, config.name]));
  return specs.map(({ name }) => {
    const assignment = decided.get(plannedId(name));
    const node = names.get(assignment?.nodeId ?? '') ?? null;
    return { vm: name, node, reason: node === null ? (assignment?.reason ?? null) : null };
  });
}

/** No stored identifier has a colon. */
const plannedId = (name: string): string => `planned:${name}`;

/** The snapshot as if the change were committed. */
function afterwards(
  snapshot: PlacementSnapshot,
  change: SliceChange,
  made: readonly VmSpec[],
  images: readonly Image[],
  now: number,
): PlacementSnapshot {
  const slice = snapshot.slices.find(({ name }) => name === change.slice);
  const sliceId = slice?.id ?? plannedId('');
  const gone = new Set(change.vms.flatMap((vm) => (vm.kind === 'remove' ? [vm.name] : vm.kind === 'recreate' ? [vm.spec.name] : [])));
  const edited = new Map(
    change.vms.flatMap((vm) => (vm.kind === 'update' || vm.kind === 'restart' ? [[vm.spec.name, vm.spec] as const] : [])),
  );
  const byName = new Map(images.map((image) => [image.name, image]));
  const imageIdOf = (name: string): string => byName.get(name)?.id ?? plannedId(name);
  const demandWith = (spec: VmSpec, own: ImageContent | null) => {
    const names = new Map(spec.volumes.map((volume) => [volume.name, volume.image]));
    return demandOf(spec, (volume) => (volume === null ? own : (byName.get(names.get(volume) ?? '')?.content ?? null)));
  };
  const kept = snapshot.vms.flatMap((vm) => {
    const spec = edited.get(vm.name);
    if (vm.sliceId !== sliceId || (spec === undefined && !gone.has(vm.name))) return [vm];
    if (spec === undefined) return [];
    const demand = demandWith(spec, snapshot.images.get(vm.imageId)?.content ?? null);
    return [{ ...vm, spec, demand, impaired: isImpaired(spec.nics, change.spec.networks) }];
  });
  const planned = made.map(
    (spec): PlacementVm => ({
      ...{ id: plannedId(spec.name), sliceId, slice: change.slice, name: spec.name, spec, desired: 'running', createdAt: now },
      ...{ imageId: imageIdOf(spec.image), nodeId: null, pendingReason: null, movingTo: null, stayReason: null, memoryHeld: null },
      impaired: isImpaired(spec.nics, change.spec.networks),
      demand: demandWith(spec, byName.get(spec.image)?.content ?? null),
      volumes: spec.volumes.map(({ image }) => ({ imageId: image === null ? null : imageIdOf(image) })),
    }),
  );
  return {
    ...snapshot,
    vms: [...kept, ...planned],
    slices: [...snapshot.slices.filter(({ id }) => id !== sliceId), plannedSlice(slice, sliceId, change, now)],
    images: new Map([...snapshot.images, ...images.map((image) => [image.id, image] as const)]),
  };
}

function plannedSlice(slice: Slice | undefined, id: string, { slice: name, spec }: SliceChange, now: number): Slice {
  if (slice !== undefined) return { ...slice, spec };
  return { id, name, spec, generation: 1, desired: 'running', transit: 0, routerNodeId: null, routerReason: null, createdAt: now };
}
