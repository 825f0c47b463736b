/** The nodes that VMs with the same requirement may have at all, computed once for all of these VMs. */
import { mismatch, type NodeRequirement, unavailability } from '../model/placement/node-fit.ts';
import type { Ledger } from './ledger.ts';

/** Positions of nodes, ascending. */
export interface Candidates {
  key: string;
  /** Nodes that take more now. */
  open: Int32Array;
  /** Nodes that meet the requirement, but are draining or not ready. */
  closed: Int32Array;
}

export class CandidateIndex {
  readonly #ledger: Ledger;
  readonly #byKey = new Map<string, Candidates>();
  readonly #withImage = new Map<string, Uint8Array>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  of(requirement: NodeRequirement): Candidates {
    const key = JSON.stringify(requirement);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const [open, closed]: [number[], number[]] = [[], []];
    for (const [position, node] of this.#ledger.nodes.entries()) {
      if (mismatch(node, requirement) === null) (unavailability(node) === null ? open : closed).push(position);
    }
    const found = { key, open: Int32Array.from(open), closed: Int32Array.from(closed) };
    this.#byKey.set(key, found);
    return found;
  }

  /** The nodes that all of these requirements allow; none where there is no requirement. */
  ofAll(requirements: readonly NodeRequirement[]): Candidates {
    const [first, ...others] = requirements.map((requirement) => this.of(requirement));
    if (first === undefined) return { key: '', open: new Int32Array(), closed: new Int32Array() };
    return others.reduce((left, right) => (left.key === right.key ? left : this.#both(left, right)), first);
  }

  #both(left: Candidates, right: Candidates): Candidates {
    const key = `${left.key}&${right.key}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const [open, any] = [new Set(right.open), new Set([...right.open, ...right.closed])];
    const isOpen = (position: number): boolean => open.has(position);
    const closed = [...left.open, ...left.closed].filter(
      (position) => any.has(position) && !(left.open.includes(position) && isOpen(position)),
    );
    const found = { key, open: left.open.filter(isOpen), closed: Int32Array.from(closed).sort() };
    this.#byKey.set(key, found);
    return found;
  }

  /** 1 for each node that has this content already. */
  withImage(sha256: string): Uint8Array {
    const known = this.#withImage.get(sha256);
    if (known !== undefined) return known;
    const found = Uint8Array.from(this.#ledger.nodes, ({ observed }) => (observed.images.includes(sha256) ? 1 : 0));
    this.#withImage.set(sha256, found);
    return found;
  }
}
