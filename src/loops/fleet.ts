/** Keeps one worker for each node that the store knows. */
import type { NodeWorker } from './node-worker.ts';

export class Fleet {
  readonly #workers = new Map<string, NodeWorker>();
  readonly #make: (nodeId: string) => NodeWorker;

  constructor(make: (nodeId: string) => NodeWorker) {
    this.#make = make;
  }

  /** Starts workers for new nodes and ends those of removed ones. */
  async keep(nodeIds: readonly string[]): Promise<void> {
    for (const nodeId of nodeIds) {
      if (this.#workers.has(nodeId)) continue;
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

  async release(nodeId: string): Promise<void> {
    const worker = this.#workers.get(nodeId);
    this.#workers.delete(nodeId);
    await worker?.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers.keys()].map((nodeId) => this.release(nodeId)));
  }
}
