/** Lets several people watch and type on one serial console: the VM's socket takes one connection, which they share. */
import { Duplex } from 'node:stream';
import type { Vm } from '../model/vm.ts';
import { requireGuest } from './may-run.ts';

/** Makes the one connection to a VM's console. */
export type ConnectConsole = (vm: Vm) => Promise<Duplex>;

interface SharedConsole {
  upstream: Promise<Duplex>;
  viewers: Set<Duplex>;
  /** Those that wait for the connection included. */
  users: number;
}

/** Bytes. */
const longestBacklog = 1024 * 1024;

export class ConsoleHub {
  readonly #connect: ConnectConsole;
  readonly #consoles = new Map<string, SharedConsole>();

  constructor(connect: ConnectConsole) {
    this.#connect = connect;
  }

  /** A stream of one viewer; it ends when the VM's process does. Rejects with `vm.not-running`. */
  async open(vm: Vm): Promise<Duplex> {
    requireGuest(vm, 'console');
    const shared = this.#consoles.get(vm.id) ?? this.#share(vm);
    shared.users += 1;
    const upstream = await shared.upstream;
    const viewer = viewerOf(upstream);
    shared.viewers.add(viewer);
    viewer.once('close', () => {
      shared.viewers.delete(viewer);
      shared.users -= 1;
      if (shared.users > 0) return;
      // Whoever opens it from now on needs a connection of their own, and not this one's last moments.
      this.#forget(vm, shared);
      upstream.destroy();
    });
    return viewer;
  }

  close(): void {
    for (const { viewers } of this.#consoles.values()) for (const viewer of viewers) viewer.destroy();
  }

  #share(vm: Vm): SharedConsole {
    const shared: SharedConsole = { upstream: this.#connect(vm), viewers: new Set(), users: 0 };
    this.#consoles.set(vm.id, shared);
    const forget = (): void => this.#forget(vm, shared);
    shared.upstream.then((upstream) => {
      upstream.on('data', (chunk: Buffer) => {
        for (const viewer of shared.viewers) deliver(viewer, chunk);
      });
      upstream.once('close', () => {
        forget();
        for (const viewer of shared.viewers) viewer.push(null);
      });
      upstream.on('error', forget);
    }, forget);
    return shared;
  }

  #forget({ id }: Vm, shared: SharedConsole): void {
    if (this.#consoles.get(id) === shared) this.#consoles.delete(id);
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
