/** Which VMs are to leave a draining node, which cannot and why, and which moves in progress end. */

import type { Node } from '../model/node/node.ts';
import type { MoveAssignment, PlacementSnapshot, PlacementVm } from '../model/placement/assignment.ts';
import { type PeerIndex, unitsOf } from '../model/placement/peers.ts';

export interface Moves {
  /** All VMs in the state after the ended moves. */
  vms: readonly PlacementVm[];
  /** Moves that end without a replacement, and reasons to stay that hold no longer. */
  ended: MoveAssignment[];
  /** VMs that have to leave a draining node, with the obstacle; null where there is none. */
  drained: ReadonlyMap<PlacementVm, string | null>;
  /** VM → the target of a move that is of no use any more. */
  givenUp: ReadonlyMap<string, string>;
}

export interface MoveOptions {
  /** ms since 1970. */
  now: number;
  /** A node that was unreachable for this many ms is no target any more. */
  grace: number;
}

/** A move in progress continues while its own node drains and its target is usable. */
export function movesOf(snapshot: Pick<PlacementSnapshot, 'nodes' | 'vms'>, options: MoveOptions): Moves {
  const nodes = new Map(snapshot.nodes.map((node) => [node.id, node]));
  const ended: MoveAssignment[] = [];
  const drained = new Map<PlacementVm, string | null>();
  const givenUp = new Map<string, string>();
  const vms = snapshot.vms.map((vm) => {
    const node = nodes.get(vm.nodeId ?? '');
    if (node === undefined) return vm;
    if (node.administration !== 'draining') {
      if (vm.movingTo === null && vm.stayReason === null) return vm;
      ended.push({ kind: 'move', id: vm.id, from: node.id, instead: vm.movingTo, nodeId: null, reason: null, group: null });
      return { ...vm, movingTo: null, stayReason: null };
    }
    if (isOfUse(nodes.get(vm.movingTo ?? ''), options)) return vm;
    const still = { ...vm, movingTo: null };
    if (vm.movingTo !== null) givenUp.set(vm.id, vm.movingTo);
    drained.set(still, obstacleOf(vm, node));
    return still;
  });
  return { vms, ended, drained, givenUp };
}

function isOfUse(target: Node | undefined, { now, grace }: MoveOptions): boolean {
  if (target === undefined || target.administration === 'draining') return false;
  return target.observed.status === 'ready' || now - target.observed.since < grace;
}

/** VMs of a node that does not answer may still run there, so no second copy is made. */
function obstacleOf(vm: PlacementVm, { config, observed }: Node): string | null {
  if (observed.status !== 'ready') return `its node is ${observed.status}, and what may run there is not copied`;
  if (observed.specs?.hypervisor?.moves === false) return `its hypervisor ${config.hypervisor} moves no VM`;
  if (vm.desired === 'running' && vm.spec.restart === 'never') return 'runs with restart: never; stop it to let it move';
  if (vm.desired === 'paused') return 'is paused; resume or stop it to let it move';
  return null;
}

export interface Leavers {
  leaving: PlacementVm[];
  /** VM → why it stays. */
  staying: Map<PlacementVm, string>;
}

/** VMs that must be together leave together or stay together. */
export function leaversOf({ drained }: Moves, peers: PeerIndex<PlacementVm>): Leavers {
  const leaving: PlacementVm[] = [];
  const staying = new Map<PlacementVm, string>();
  for (const unit of unitsOf([...drained.keys()], peers)) {
    const held = unit.find((vm) => typeof drained.get(vm) === 'string');
    if (held === undefined) leaving.push(...unit);
    else {
      const words = `must be on the same node as ${held.slice}/${held.name}, which stays: ${drained.get(held)}`;
      for (const vm of unit) staying.set(vm, drained.get(vm) ?? words);
    }
  }
  return { leaving, staying };
}

/** The decision that a VM stays on its draining node; none where that is recorded already. */
export function stay(vm: PlacementVm, reason: string, { givenUp }: Moves): MoveAssignment[] {
  const instead = givenUp.get(vm.id) ?? null;
  if (vm.nodeId === null || (instead === null && vm.stayReason === reason)) return [];
  return [{ kind: 'move', id: vm.id, from: vm.nodeId, instead, nodeId: null, reason, group: null }];
}
