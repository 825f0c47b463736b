/** Keeps one worker for each node that the store knows. */
import type { NodeWorker } from './worker.ts';

export class Fleet {
  readonly #workers = new Map<string, NodeWorker>();
  readonly #retired = new Set<string>();
  readonly #make: (nodeId: string) => NodeWorker;
  #suspension: Promise<void> | null = null;

  constructor(make: (nodeId: string) => NodeWorker) {
    this.#make = make;
  }

  /** Starts workers for new nodes and ends the workers of removed nodes; no workers run while the fleet is suspended. */
  async keep(nodeIds: readonly string[]): Promise<void> {
    if (this.#suspension !== null) return;
    for (const nodeId of nodeIds) {
      if (this.#workers.has(nodeId) || this.#retired.has(nodeId)) continue;
      const worker = this.#make(nodeId);
      this.#workers.set(nodeId, worker);
      worker.wake();
    }
    const wanted = new Set(nodeIds);
    const removed = [...this.#workers.keys()].filter((nodeId) => !wanted.has(nodeId));
    await Promise.all(removed.map((nodeId) => this.release(nodeId)));
  }

  worker(nodeId: string): NodeWorker | null {
    return this.#workers.get(nodeId) ?? null;
  }

  /** Asks every node for a pass now. */
  wake(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  /** Ends the node's worker, and starts no other before `resume`: a worker would recreate what is being removed from the node. */
  async retire(nodeId: string): Promise<void> {
    this.#retired.add(nodeId);
    await this.release(nodeId);
  }

  /** The node may have a worker again, if it is still known. */
  resume(nodeId: string): void {
    this.#retired.delete(nodeId);
  }

  /** Ends all workers, and interrupts their work: this controller may no longer be the leader that acts on nodes. */
  suspend(): void {
    this.#suspension = this.stop();
  }

  /** The next `keep` starts workers again; resolves once no worker from before the suspension is left. */
  async unsuspend(): Promise<void> {
    const ended = this.#suspension;
    await ended;
    if (this.#suspension === ended) this.#suspension = null;
  }

  async release(nodeId: string): Promise<void> {
    const worker = this.#workers.get(nodeId);
    this.#workers.delete(nodeId);
    await worker?.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers.keys()].map((nodeId) => this.release(nodeId)));
  }
}
