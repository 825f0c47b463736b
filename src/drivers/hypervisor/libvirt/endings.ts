/** Ends of VMs, as libvirt tells of them, for whoever waits for one. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export class Endings {
  readonly #heard = new EventEmitter();

  tell(vmId: string): void {
    this.#heard.emit(vmId);
  }

  /** Resolves when the end of that VM is told, and after so many ms at the latest. */
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
