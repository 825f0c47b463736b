/** Lets several people watch and type on one serial console: the VM's socket takes one connection, which they share. */
import { Duplex } from 'node:stream';
import type { Vm } from '../../model/vm/vm.ts';
import { requireGuest } from './may-run.ts';

/** Makes the one connection to a VM's console; once the signal is aborted nobody waits for it any more. */
export type ConnectConsole = (vm: Vm, signal: AbortSignal) => Promise<Duplex>;

interface SharedConsole {
  upstream: Promise<Duplex>;
  viewers: Set<Duplex>;
  /** Those that wait for the connection included. */
  users: number;
  /** Aborted once the last of them has left. */
  left: AbortController;
}

/** Bytes. */
const longestBacklog = 1024 * 1024;

export class ConsoleHub {
  readonly #connect: ConnectConsole;
  readonly #consoles = new Map<string, SharedConsole>();

  constructor(connect: ConnectConsole) {
    this.#connect = connect;
  }

  /**
   * A stream of one viewer; it ends when the VM's process does. Rejects with `vm.not-running`, and as the signal says where the
   * viewer leaves before the console is open.
   */
  async open(vm: Vm, signal?: AbortSignal): Promise<Duplex> {
    requireGuest(vm, 'console');
    signal?.throwIfAborted();
    const shared = this.#consoles.get(vm.id) ?? this.#share(vm);
    shared.users += 1;
    let upstream: Duplex;
    try {
      upstream = await unless(signal, shared.upstream);
    } catch (thrown) {
      this.#leave(vm, shared);
      throw thrown;
    }
    const viewer = viewerOf(upstream);
    shared.viewers.add(viewer);
    viewer.once('close', () => {
      shared.viewers.delete(viewer);
      this.#leave(vm, shared);
    });
    return viewer;
  }

  close(): void {
    for (const { viewers } of this.#consoles.values()) for (const viewer of viewers) viewer.destroy();
  }

  #share(vm: Vm): SharedConsole {
    const left = new AbortController();
    const shared: SharedConsole = { upstream: this.#connect(vm, left.signal), viewers: new Set(), users: 0, left };
    this.#consoles.set(vm.id, shared);
    const forget = (): void => this.#forget(vm, shared);
    shared.upstream.then((upstream) => {
      upstream.on('data', (chunk: Buffer) => {
        for (const viewer of shared.viewers) deliver(viewer, chunk);
      });
      // What has ended tells nothing any more, whether or not it closes by itself.
      upstream.once('end', () => upstream.destroy());
      upstream.once('close', () => {
        forget();
        for (const viewer of shared.viewers) viewer.push(null);
      });
      upstream.on('error', forget);
      if (left.signal.aborted) upstream.destroy();
    }, forget);
    return shared;
  }

  /** Whoever opens the console once the last has left needs a connection of their own, and not this one's last moments. */
  #leave(vm: Vm, shared: SharedConsole): void {
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#forget(vm, shared);
    shared.left.abort();
    shared.upstream.then(
      (upstream) => upstream.destroy(),
      () => undefined,
    );
  }

  #forget({ id }: Vm, shared: SharedConsole): void {
    if (this.#consoles.get(id) === shared) this.#consoles.delete(id);
  }
}

/** As the promise, unless the signal is aborted before. */
async function unless<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** A viewer that does not read never holds up the guest or the other viewers: too far behind, it is cut off. */
function deliver(viewer: Duplex, chunk: Buffer): void {
  if (viewer.readableLength > longestBacklog) viewer.destroy();
  else viewer.push(chunk);
}

function viewerOf(upstream: Duplex): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      if (upstream.destroyed) done();
      else upstream.write(chunk, () => done());
    },
  });
}
