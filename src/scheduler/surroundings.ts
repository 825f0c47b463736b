/** The description of nodes apart from the size of a VM: computed once for all VMs with the same requirement. */
import type { Resources } from '../model/placement/capacity.ts';
import { mismatches, type NodeRequirement, otherNode, unavailability } from '../model/placement/node-fit.ts';
import type { Ledger } from './ledger.ts';
import { NameGroups } from './name-groups.ts';

export interface Surroundings {
  /** Positions of nodes that meet the requirement and take more now. */
  open: readonly number[];
  /** Nodes that would do after they are resumed. */
  drained: readonly number[];
  /** Nodes that would do once they are ready. */
  awaited: readonly number[];
  /** All of these. */
  suitable: readonly number[];
  /** The obstacles on the other nodes, in words. */
  words: readonly string[];
  /** The largest free amounts of any suitable node, each resource separately. */
  largest: Resources;
}

/** Of the nodes at `positions`; other nodes are skipped. */
export function surroundingsOf(ledger: Ledger, positions: Iterable<number>, requirements: readonly NodeRequirement[]): Surroundings {
  const groups = new NameGroups();
  const [open, drained, awaited]: [number[], number[], number[]] = [[], [], []];
  const largest = { cpus: 0, memory: 0, disk: 0 };
  for (const position of positions) {
    const node = ledger.nodes[position];
    if (node === undefined) continue;
    const lacking = new Set(requirements.flatMap((requirement) => [...mismatches(node, requirement)]));
    if (lacking.has(otherNode)) continue;
    const closed = lacking.size > 0 ? [...lacking].join(', ') : unavailability(node);
    if (closed !== null) groups.add(closed, node.config.name);
    if (lacking.size > 0) continue;
    for (const kind of ['cpus', 'memory', 'disk'] as const) largest[kind] = Math.max(largest[kind], ledger[kind][position] ?? 0);
    if (closed === null) open.push(position);
    else if (node.observed.status === 'ready') drained.push(position);
    else awaited.push(position);
  }
  return { open, drained, awaited, suitable: [...open, ...drained, ...awaited], words: groups.words(), largest };
}
