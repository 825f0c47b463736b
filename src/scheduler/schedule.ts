/** The scheduler: from a snapshot to assignments, and the reasons of VMs that must wait or stay. Pure. */
import type { Assignment, PlacementSnapshot, PlacementVm, Schedule } from '../model/placement/assignment.ts';
import { requirementOf } from '../model/placement/node-fit.ts';
import { PeerIndex } from '../model/placement/peers.ts';
import type { PlacementPolicy } from '../model/placement/placement.ts';
import { CandidateIndex } from './candidates.ts';
import { Ledger } from './ledger.ts';
import { leaversOf, type Moves, movesOf, stay } from './moves.ts';
import { type Placed, Placement } from './placement.ts';
import { type PlacementGroup, placementGroups } from './placement-groups.ts';
import { Reasons } from './reasons.ts';
import { placeRouters } from './routers.ts';

export interface ScheduleOptions {
  /** ms since 1970. */
  now: number;
  /** A node that has been unreachable for this many ms loses its routers, and is no longer the target of a move. */
  routerGrace: number;
  /** The default for slices that do not say otherwise. */
  policy: PlacementPolicy;
}

/** Returns only changes: subjects that keep their place, or wait for the recorded reason, are not included. */
export function schedule(snapshot: PlacementSnapshot, options: ScheduleOptions): Schedule {
  const { placement, groups, moves, staying } = prepare(snapshot, options);
  const outcomes = decideAll(groups, placement);
  const reasons = reasonsOf(snapshot, placement, moves);
  const assignments = [
    ...moves.ended,
    ...[...staying].flatMap(([vm, reason]) => stay(vm, reason, moves)),
    ...outcomes.flatMap(({ group, placed }) => (placed === null ? waiting(group, reasons, moves) : given(group, placed, placement, moves))),
    ...placeRouters(snapshot, options),
  ];
  return { assignments, cursor: placement.cursor };
}

/**
 * In the order of the groups. A group that failed because of the place of a VM that it must be with is tried again as long as others
 * are placed: that VM may have been given another node since, as a move from a draining one.
 */
function decideAll(groups: readonly PlacementGroup[], placement: Placement): Outcome[] {
  const outcomes = groups.map((group): Outcome => ({ group, placed: placement.decide(group) }));
  let bound = outcomes.filter(({ group, placed }) => placed === null && placement.isBound(group));
  for (let progress = true; progress && bound.length > 0; ) {
    for (const outcome of bound) outcome.placed = placement.decide(outcome.group);
    const left = bound.filter(({ placed }) => placed === null);
    progress = left.length < bound.length;
    bound = left;
  }
  return outcomes;
}

interface Outcome {
  group: PlacementGroup;
  /** Null where not all of the group can have a node. */
  placed: Placed[] | null;
}

interface Prepared {
  placement: Placement;
  /** In the order in which they are to be decided. */
  groups: PlacementGroup[];
  moves: Moves;
  staying: ReadonlyMap<PlacementVm, string>;
}

/** The input of all decisions. */
export function prepare(snapshot: PlacementSnapshot, options: ScheduleOptions): Prepared {
  const { now, routerGrace, policy } = options;
  const moves = movesOf(snapshot, { now, grace: routerGrace });
  const peers = new PeerIndex(moves.vms);
  const ledger = new Ledger(snapshot.nodes, moves.vms);
  const candidates = new CandidateIndex(ledger);
  const { leaving, staying } = leaversOf(moves, peers);
  const nodes = new Map(snapshot.nodes.map((node) => [node.id, node]));
  const unplaced = moves.vms.filter(({ nodeId }) => nodeId === null);
  const groups = placementGroups({ snapshot, nodes, candidates, peers, policy }, unplaced, leaving);
  return { placement: new Placement(ledger, candidates, peers, snapshot.cursor), groups, moves, staying };
}

function reasonsOf({ images }: PlacementSnapshot, placement: Placement, { vms }: Moves): Reasons {
  const { ledger } = placement;
  return new Reasons({
    ledger,
    vms,
    isKnown: ({ imageId }) => images.has(imageId),
    requirementOf: (vm) => {
      const image = images.get(vm.imageId);
      if (image === undefined) throw new Error(`the snapshot has no image ${vm.imageId} of VM ${vm.id}`);
      return requirementOf(vm, image, ledger.nodes[ledger.positionOf(vm.nodeId)]);
    },
    constraintOf: (unit) => placement.constraintOf(unit),
  });
}

/** Decisions of one group are committed together. */
function given({ kind, units }: PlacementGroup, placed: readonly Placed[], { ledger }: Placement, { givenUp }: Moves): Assignment[] {
  const [first] = units[0]?.vms ?? [];
  const size = units.reduce((sum, { vms }) => sum + vms.length, 0);
  const group = size > 1 ? (first?.id ?? null) : null;
  return placed.flatMap(({ unit, position }) => {
    const nodeId = ledger.nodes[position]?.id ?? null;
    return unit.vms.map(({ id, nodeId: from }): Assignment => {
      const common = { id, nodeId, reason: null, group };
      return kind === 'move' && from !== null
        ? { kind, ...common, from, instead: givenUp.get(id) ?? null }
        : { kind: 'vm', ...common, from };
    });
  });
}

function waiting(group: PlacementGroup, reasons: Reasons, moves: Moves): Assignment[] {
  return group.units.flatMap((unit) => {
    const reason = reasons.of(group, unit);
    return unit.vms.flatMap((vm): Assignment[] => {
      if (group.kind === 'vm') {
        const { id, nodeId: from, pendingReason } = vm;
        return reason === pendingReason ? [] : [{ kind: 'vm', id, from, nodeId: null, reason, group: null }];
      }
      return stay(vm, `no other node fits: ${reason}`, moves);
    });
  });
}
