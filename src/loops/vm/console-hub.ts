/** Lets several users watch and type on one serial console: the VM's socket accepts one connection, which they share. */
import { Duplex } from 'node:stream';
import type { Vm } from '../../model/vm/vm.ts';
import { requireGuest } from './may-run.ts';

/** Opens the one connection to a VM's console; once the signal is aborted the connection is no longer needed. */
export type ConnectConsole = (vm: Vm, signal: AbortSignal) => Promise<Duplex>;

interface SharedConsole {
  upstream: Promise<Duplex>;
  viewers: Set<Duplex>;
  /** The number of viewers, including those that wait for the connection. */
  users: number;
  /** Aborted once the last viewer has left. */
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
   * A stream of one viewer, which ends when the VM's process does. Rejects with `vm.not-running`, and with the signal's reason where the
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
      // A connection that has ended reports nothing more, whether or not it closes by itself.
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

  /** A viewer who opens the console after the last viewer has left needs a new connection, not the last moments of this connection. */
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

/** Settles as the promise does, unless the signal is aborted before. */
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

/** A viewer that does not read never delays the guest or the other viewers: a viewer too far behind is disconnected. */
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
