/** Picks the node for one demand out of the candidates, by policy. The inner loop of placement: numbers only, linear in candidates. */
import type { Resources } from '../model/placement/capacity.ts';
import type { PlacementPolicy } from '../model/placement/placement.ts';
import type { Ledger } from './ledger.ts';

export interface Search {
  /** Positions, ascending. */
  candidates: Int32Array;
  demand: Resources;
  policy: PlacementPolicy;
  /** 1 where a node is forbidden; null where none is. */
  blocked: Uint8Array | null;
  /** Position → the number of preferences met there, less those violated. */
  wishes: ReadonlyMap<number, number> | null;
  /** 1 where its image is present already. */
  image: Uint8Array | null;
  /** Round-robin continues at this position. */
  next: number;
}

/** The value of a present image, as a share of a node's load. */
const imageBonus = 0.05;

/** The position of the best node, -1 where none has room. Among equals the first by name is taken. */
export function pick(ledger: Ledger, search: Search): number {
  return search.policy === 'round-robin' ? pickNext(ledger, search) : pickByLoad(ledger, search);
}

/** Preferences outweigh load: it lies between 0 and 1. Load is the share of the scarcer of memory and CPUs that would be promised. */
function pickByLoad(ledger: Ledger, { candidates, demand, policy, blocked, wishes, image }: Search): number {
  const { perCpu, perByte, freeCpus, freeMemory, freeDisk } = ledger;
  const { cpus, memory, disk } = demand;
  const sign = policy === 'pack' ? -1 : 1;
  let best = -1;
  let bestScore = Number.POSITIVE_INFINITY;
  for (let index = 0; index < candidates.length; index += 1) {
    const position = candidates[index] ?? 0;
    const leftCpus = (freeCpus[position] ?? 0) - cpus;
    const leftMemory = (freeMemory[position] ?? 0) - memory;
    if (leftCpus < 0 || leftMemory < 0 || (freeDisk[position] ?? 0) < disk) continue;
    if (blocked !== null && blocked[position] === 1) continue;
    const left = Math.min(leftCpus * (perCpu[position] ?? 0), leftMemory * (perByte[position] ?? 0));
    let score = sign * (1 - left);
    if (image !== null && image[position] === 1) score -= imageBonus;
    if (wishes !== null) score -= 2 * (wishes.get(position) ?? 0);
    if (score < bestScore) {
      bestScore = score;
      best = position;
    }
  }
  return best;
}

/** The first with room from `next` on, in a circle; with preferences, the first of those that meet most. */
function pickNext({ freeCpus, freeMemory, freeDisk }: Ledger, { candidates, demand, blocked, wishes, next }: Search): number {
  const start = firstFrom(candidates, next);
  let best = -1;
  let bestWishes = Number.NEGATIVE_INFINITY;
  for (let step = 0; step < candidates.length; step += 1) {
    const index = start + step;
    const position = candidates[index < candidates.length ? index : index - candidates.length] ?? 0;
    if ((freeCpus[position] ?? 0) < demand.cpus || (freeMemory[position] ?? 0) < demand.memory) continue;
    if ((freeDisk[position] ?? 0) < demand.disk || (blocked !== null && blocked[position] === 1)) continue;
    if (wishes === null) return position;
    const met = wishes.get(position) ?? 0;
    if (met > bestWishes) {
      bestWishes = met;
      best = position;
    }
  }
  return best;
}

/** Index of the first candidate that is not before `position`; their number where all are. */
function firstFrom(candidates: Int32Array, position: number): number {
  let [low, high] = [0, candidates.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((candidates[middle] ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
