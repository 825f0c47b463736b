/** Ends of VMs, as libvirt reports them, for callers that wait for them. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export class Endings {
  readonly #heard = new EventEmitter();

  tell(vmId: string): void {
    this.#heard.emit(vmId);
  }

  /** Resolves when the end of that VM is reported, and after at most this many ms. */
  async await(vmId: string, within: number): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    try {
      await Promise.race([once(this.#heard, vmId, { signal }), delay(within, undefined, { signal })]);
    } finally {
      over.abort();
    }
  }
}
