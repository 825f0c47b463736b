/** The moves of one node's VMs to other nodes: moves in progress, cancelled moves, and failed moves that wait for their next try. */

import type { NodeHypervisor, NodeReach } from '../../drivers/hypervisor/driver.ts';
import { Backoff } from '../../model/backoff.ts';
import type { WantedVm } from '../../model/node/plan.ts';
import type { Berth } from '../../reconciler/context.ts';
import type { PlanInput } from '../../reconciler/plan.ts';

/** The target node of a VM's files, until disposed of. */
export type Reception = NodeReach & { hypervisor: NodeHypervisor } & AsyncDisposable;

export interface MovesOptions {
  /** Null while that node cannot receive the VM; rejects with `node.*`. */
  receive(nodeId: string, vmId: string): Promise<Reception | null>;
  /** See PlacementStore.completeMove. */
  complete(vmId: string, to: string): Promise<boolean>;
}

interface Failure {
  to: string;
  /** Null where the move only waits for its turn. */
  reason: string | null;
  count: number;
  retryAt: number;
}

/** Guests that may be unavailable to their users at the same time because of a move. */
const atOnce = 2;
const backoff = new Backoff({ first: 5_000, longest: 300_000, least: 2_000 });

export class Moves {
  readonly #options: MovesOptions;
  readonly #underWay = new Map<string, { to: string; end: AbortController }>();
  readonly #failures = new Map<string, Failure>();

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /** The moves as the node's plan needs to know them. Cancels moves that are not wanted any more. */
  look(wanted: readonly Pick<WantedVm, 'launch' | 'movingTo' | 'desired'>[], now: number): Pick<PlanInput, 'postponedMoves' | 'moveSlots'> {
    const targets = new Map(
      wanted.flatMap(({ launch, movingTo, desired }) => (desired === 'absent' ? [] : [[launch.id, movingTo] as const])),
    );
    for (const [vmId, { to, end }] of this.#underWay) if (targets.get(vmId) !== to) end.abort();
    for (const [vmId, { to }] of this.#failures) if (targets.get(vmId) !== to) this.#failures.delete(vmId);
    const waiting = [...this.#failures].filter(([, { retryAt }]) => now < retryAt);
    return {
      postponedMoves: new Map(waiting.map(([vmId, { reason }]) => [vmId, reason])),
      moveSlots: Math.max(0, atOnce - this.#underWay.size),
    };
  }

  /** See OpenBerth. */
  readonly openBerth = async (vmId: string, to: string): Promise<Berth | null> => {
    const { receive, complete } = this.#options;
    const end = new AbortController();
    this.#underWay.set(vmId, { to, end });
    try {
      const reception = await receive(to, vmId);
      if (reception === null) {
        this.#underWay.delete(vmId);
        return null;
      }
      return {
        host: reception.host,
        layout: reception.layout,
        hypervisor: reception.hypervisor,
        signal: end.signal,
        complete: () => complete(vmId, to),
        [Symbol.asyncDispose]: async () => {
          this.#underWay.delete(vmId);
          await reception[Symbol.asyncDispose]();
        },
      };
    } catch (thrown) {
      this.#underWay.delete(vmId);
      throw thrown;
    }
  };

  failed({ vmId, to, reason, now }: { vmId: string; to: string; reason: string | null; now: number }): void {
    const before = this.#failures.get(vmId);
    const count = reason === null ? (before?.count ?? 0) : (before?.count ?? 0) + 1;
    this.#failures.set(vmId, { to, reason: reason ?? before?.reason ?? null, count, retryAt: backoff.retryAt(count, now) });
  }

  ended(vmId: string): void {
    this.#failures.delete(vmId);
  }

  callOff(): void {
    for (const { end } of this.#underWay.values()) end.abort();
  }
}
