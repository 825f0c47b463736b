/** Affinity and anti-affinity, required and preferred, among the VMs of each slice. A rule binds both VMs that it names. */
import type { VmPlacement } from './placement.ts';

/** The fields of a VM that name its peers, and the name by which peers refer to it. */
interface Peer {
  id: string;
  sliceId: string;
  name: string;
  spec: { placement: VmPlacement };
}

interface Peers<Vm> {
  /** Must be on the same node. */
  with: Vm[];
  /** Must be on other nodes. */
  apart: Vm[];
  liked: Vm[];
  disliked: Vm[];
}

export class PeerIndex<Vm extends Peer> {
  readonly #peers = new Map<string, Peers<Vm>>();
  readonly #none: Peers<Vm> = { with: [], apart: [], liked: [], disliked: [] };

  /** A name without a VM has no effect. */
  constructor(vms: readonly Vm[]) {
    const ruled = new Set(vms.filter(hasRules).map(({ sliceId }) => sliceId));
    if (ruled.size === 0) return;
    const members = Map.groupBy(
      vms.filter(({ sliceId }) => ruled.has(sliceId)),
      ({ sliceId }) => sliceId,
    );
    for (const slice of members.values()) this.#addSlice(slice);
  }

  of(vm: Vm): Peers<Vm> {
    return this.#peers.get(vm.id) ?? this.#none;
  }

  #addSlice(vms: readonly Vm[]): void {
    const named = new Map(vms.map((vm) => [vm.name, vm]));
    for (const vm of vms) {
      const { affinity, antiAffinity } = vm.spec.placement;
      const rules = [
        ['with', affinity.required],
        ['apart', antiAffinity.required],
        ['liked', affinity.preferred],
        ['disliked', antiAffinity.preferred],
      ] as const;
      for (const [kind, names] of rules) {
        for (const name of names) {
          const peer = named.get(name);
          if (peer === undefined || peer === vm) continue;
          this.#entry(vm)[kind].push(peer);
          this.#entry(peer)[kind].push(vm);
        }
      }
    }
  }

  #entry({ id }: Vm): Peers<Vm> {
    let entry = this.#peers.get(id);
    if (entry === undefined) {
      entry = { with: [], apart: [], liked: [], disliked: [] };
      this.#peers.set(id, entry);
    }
    return entry;
  }
}

function hasRules({ spec: { placement } }: Peer): boolean {
  const { affinity, antiAffinity } = placement;
  return affinity.required.length + affinity.preferred.length + antiAffinity.required.length + antiAffinity.preferred.length > 0;
}

/** The given VMs in sets that must be together, each in the given order. */
export function unitsOf<Vm extends Peer>(vms: readonly Vm[], peers: PeerIndex<Vm>): Vm[][] {
  const given = new Set(vms);
  const seen = new Set<Vm>();
  const units: Vm[][] = [];
  for (const vm of vms) {
    if (seen.has(vm)) continue;
    const unit = [vm];
    seen.add(vm);
    for (const member of unit) {
      for (const peer of peers.of(member).with) {
        if (!given.has(peer) || seen.has(peer)) continue;
        seen.add(peer);
        unit.push(peer);
      }
    }
    units.push(unit);
  }
  return units;
}
