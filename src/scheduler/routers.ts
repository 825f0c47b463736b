/** Assigns slices' routers to network nodes. */

import type { Node } from '../model/node/node.ts';
import type { PlacementSnapshot, RouterAssignment } from '../model/placement/assignment.ts';
import { takesMore, unavailability } from '../model/placement/node-fit.ts';
import type { Slice } from '../model/slice/slice.ts';

export interface RouterOptions {
  /** ms since 1970. */
  now: number;
  /** A router leaves a node that has been unreachable for this many ms. */
  routerGrace: number;
}

/** The node with the fewest routers takes the next. */
export function placeRouters({ nodes, slices, routed }: PlacementSnapshot, options: RouterOptions): RouterAssignment[] {
  const counts = new Map<string, number>();
  for (const { routerNodeId } of slices) {
    if (routerNodeId !== null) counts.set(routerNodeId, (counts.get(routerNodeId) ?? 0) + 1);
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const candidates = nodes.filter((node) => takesMore(node, 'network'));
  const decisions: RouterAssignment[] = [];
  for (const slice of slices) {
    if (!routed.has(slice.id) || !needsPlace(slice, byId, options)) continue;
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

/**
 * A router needs a place when it has none, or when its node drains, is dead or is gone. A router holds no data, so a second one does no
 * harm.
 */
function needsPlace(slice: Slice, nodes: ReadonlyMap<string, Node>, { now, routerGrace }: RouterOptions): boolean {
  if (slice.routerNodeId === null) return true;
  const node = nodes.get(slice.routerNodeId);
  if (node === undefined || node.administration === 'draining') return true;
  return node.observed.status === 'unreachable' && now - node.observed.since >= routerGrace;
}

function leastRouters(candidates: readonly Node[], counts: ReadonlyMap<string, number>): Node | null {
  let best: Node | null = null;
  for (const node of candidates) {
    if (best === null || (counts.get(node.id) ?? 0) < (counts.get(best.id) ?? 0)) best = node;
  }
  return best;
}

const mostNamed = 5;

function noRouterReason(nodes: readonly Node[]): string {
  const withRole = nodes.filter((node) => node.config.roles.includes('network'));
  if (withRole.length === 0) return 'no node has the role network';
  const named = withRole.slice(0, mostNamed).map((node) => `${node.config.name}: ${unavailability(node) ?? 'full'}`);
  const more = withRole.length > mostNamed ? [`${withRole.length - mostNamed} more: not available either`] : [];
  return [...named, ...more].join('; ');
}
