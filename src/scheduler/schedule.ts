/** The scheduler: from a snapshot of nodes, VMs and slices to assignments and the reasons of those that must wait. Pure. */
import { add, capacityOf, demandOf, nothing, promisedByNode, type Resources, shortages } from '../model/capacity.ts';
import type { Node } from '../model/node.ts';
import type { Slice } from '../model/slice.ts';
import type { Vm } from '../model/vm.ts';

/** What the scheduler decides from. */
export interface Snapshot {
  nodes: readonly Node[];
  vms: readonly Vm[];
  slices: readonly Slice[];
  routed: ReadonlySet<string>;
}

/** One decision; see `Assignment` of the store, which is the same shape. */
export interface Decision {
  kind: 'vm' | 'router';
  id: string;
  from: string | null;
  nodeId: string | null;
  reason: string | null;
}

export interface ScheduleOptions {
  /** ms since 1970. */
  now: number;
  /** A router leaves a node that has been unreachable for this many ms. */
  routerGrace: number;
}

/** Only what changes is decided: a VM or router that has its place, or waits for the reason already recorded, is not in the answer. */
export function schedule(snapshot: Snapshot, options: ScheduleOptions): Decision[] {
  return [...placeVms(snapshot), ...placeRouters(snapshot, options)];
}

function placeVms({ nodes, vms }: Snapshot): Decision[] {
  const used = promisedByNode(vms.map(({ nodeId, spec }) => ({ nodeId, demand: demandOf(spec) })));
  const decisions: Decision[] = [];
  for (const vm of vms.filter(({ nodeId }) => nodeId === null)) {
    const demand = demandOf(vm.spec);
    const refusals: string[] = [];
    let best: { node: Node; load: number } | null = null;
    for (const node of nodes) {
      const refusal = refusalOf(node, demand, used.get(node.id) ?? nothing);
      if (refusal !== null) {
        refusals.push(`${node.config.name}: ${refusal}`);
        continue;
      }
      const load = loadAfter(node, demand, used.get(node.id) ?? nothing);
      if (best === null || load < best.load) best = { node, load };
    }
    if (best !== null) {
      used.set(best.node.id, add(used.get(best.node.id) ?? nothing, demand));
      decisions.push({ kind: 'vm', id: vm.id, from: null, nodeId: best.node.id, reason: null });
      continue;
    }
    const reason = nodes.length === 0 ? 'there is no node yet; add one with `croft node add`' : refusals.join('; ');
    if (reason !== vm.pendingReason) decisions.push({ kind: 'vm', id: vm.id, from: null, nodeId: null, reason });
  }
  return decisions;
}

/** Why a node cannot take a VM, null where it can. */
function refusalOf(node: Node, demand: Resources, used: Resources): string | null {
  if (!node.config.roles.includes('compute')) return 'does not have the role compute';
  const unavailable = unavailability(node);
  if (unavailable !== null) return unavailable;
  const capacity = capacityOf(node);
  if (capacity === null) return 'was not looked at yet';
  const missing = shortages(demand, capacity, used);
  return missing.length === 0 ? null : missing.join(', ');
}

function unavailability(node: Node): string | null {
  if (node.administration === 'draining') return 'is draining';
  if (node.observed.status !== 'ready')
    return `is ${node.observed.status}${node.observed.reason === null ? '' : ` (${node.observed.reason})`}`;
  return null;
}

/** The share of the scarcer of memory and CPUs that would be promised; the least loaded node is taken, so VMs spread. */
function loadAfter(node: Node, demand: Resources, used: Resources): number {
  const capacity = capacityOf(node) ?? nothing;
  return Math.max((used.memory + demand.memory) / capacity.memory, (used.cpus + demand.cpus) / capacity.cpus);
}

function placeRouters({ nodes, slices, routed }: Snapshot, options: ScheduleOptions): Decision[] {
  const counts = new Map<string, number>();
  for (const { routerNodeId } of slices) {
    if (routerNodeId !== null) counts.set(routerNodeId, (counts.get(routerNodeId) ?? 0) + 1);
  }
  const candidates = nodes.filter((node) => node.config.roles.includes('network') && unavailability(node) === null);
  const decisions: Decision[] = [];
  for (const slice of slices) {
    if (!routed.has(slice.id) || !needsPlace(slice, nodes, options)) continue;
    const chosen = leastRouters(candidates, counts);
    if (chosen !== null) {
      counts.set(chosen.id, (counts.get(chosen.id) ?? 0) + 1);
      decisions.push({ kind: 'router', id: slice.id, from: slice.routerNodeId, nodeId: chosen.id, reason: null });
    } else if (slice.routerNodeId === null) {
      const reason = noRouterReason(nodes);
      if (reason !== slice.routerReason) decisions.push({ kind: 'router', id: slice.id, from: null, nodeId: null, reason });
    }
  }
  return decisions;
}

/** A router needs a place when it has none, or when its node died or is gone. A router holds no data, so a second one does no harm. */
function needsPlace(slice: Slice, nodes: readonly Node[], { now, routerGrace }: ScheduleOptions): boolean {
  if (slice.routerNodeId === null) return true;
  const node = nodes.find(({ id }) => id === slice.routerNodeId);
  if (node === undefined) return true;
  return node.observed.status === 'unreachable' && now - node.observed.since >= routerGrace;
}

function leastRouters(candidates: readonly Node[], counts: ReadonlyMap<string, number>): Node | null {
  let best: Node | null = null;
  for (const node of candidates) {
    if (best === null || (counts.get(node.id) ?? 0) < (counts.get(best.id) ?? 0)) best = node;
  }
  return best;
}

function noRouterReason(nodes: readonly Node[]): string {
  const withRole = nodes.filter((node) => node.config.roles.includes('network'));
  if (withRole.length === 0) return 'no node has the role network';
  return withRole.map((node) => `${node.config.name}: ${unavailability(node) ?? 'is full'}`).join('; ');
}
