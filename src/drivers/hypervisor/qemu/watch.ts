/**
 * Events of a node's VMs as they happen: one session at each QEMU's event socket, opened when the driver starts a VM or sees it while
 * observing, never by polling. The next pass sees missed events anyway.
 */
import { type Command, perform } from '../../../host/host.ts';
import { QmpSession } from '../../../tools/qmp.ts';
import type { DriverEvent, NodeLayout, NodeReach, ObservedVm, VmReference } from '../driver.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { awaitEnd } from '../vm-folder/scripts.ts';
import { observeVms } from './observe.ts';
import { notePause } from './power.ts';

type OnEvent = (event: DriverEvent) => void;

/** The watches of one driver. They learn of VMs by the layout that the driver is called with, which must be the same object. */
export class Watches {
  readonly #watches = new WeakMap<NodeLayout, NodeWatch>();

  /** See `NodeHypervisor.watch`. A layout has one at a time: a later one takes its place. */
  open(node: NodeReach, onEvent: OnEvent): AsyncDisposable {
    const { host, layout } = node;
    const watch = new NodeWatch(node, onEvent);
    this.#watches.set(layout, watch);
    perform(host, observeVms(layout)).then(
      ([vms]) => watch.follow(vms),
      () => undefined,
    );
    return watch;
  }

  observed(layout: NodeLayout, vms: readonly ObservedVm[]): void {
    this.#watches.get(layout)?.follow(vms);
  }

  started(layout: NodeLayout, { id }: VmReference): void {
    this.#watches.get(layout)?.started(id);
  }
}

/** ms for which further resets of a guest are not reported: a guest that resets itself all the time must not keep its node busy. */
const resetPause = 1_000;
/** Twentieths of a second. A killed process closes its sockets a moment before it is gone, a moment that grows with the node's load. */
const endWait = { announced: 100, sudden: 40 };
/** ms in which ends that come together are handled together. */
const endPause = 10;

interface Followed {
  session: QmpSession | null;
  paused: boolean;
  /** Settled once QEMU was queried, and its answer noted: a later answer must not be noted before an earlier one. */
  compared: Promise<void>;
  /** QEMU announced its exit, so that its process is worth waiting for. */
  goes: boolean;
  resetLately: boolean;
}

class NodeWatch {
  readonly #node: NodeReach;
  readonly #onEvent: OnEvent;
  readonly #followed = new Map<string, Followed>();
  readonly #work = new Set<Promise<void>>();
  #ended: { vmId: string; goes: boolean }[] = [];
  #over = false;

  constructor(node: NodeReach, onEvent: OnEvent) {
    this.#node = node;
    this.#onEvent = onEvent;
  }

  follow(vms: readonly ObservedVm[]): void {
    for (const { id, state } of vms) if (state === 'running' || state === 'paused') this.#listen(id, state === 'paused');
  }

  started(vmId: string): void {
    this.#tell(vmId, 'started');
    this.#listen(vmId, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    for (const { session } of this.#followed.values()) session?.close();
    await Promise.all(this.#work);
  }

  #tell(vmId: string, kind: DriverEvent['kind']): void {
    if (!this.#over) this.#onEvent({ vmId, kind });
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch(() => undefined).finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }

  #listen(vmId: string, paused: boolean): void {
    if (this.#over || this.#followed.has(vmId)) return;
    const followed: Followed = { session: null, paused, compared: Promise.resolve(), goes: false, resetLately: false };
    this.#followed.set(vmId, followed);
    this.#keep(this.#open(vmId, followed));
  }

  /** Where that fails, the next pass tries again: a VM of an earlier version of Croft has no such socket. */
  async #open(vmId: string, followed: Followed): Promise<void> {
    try {
      const stream = await this.#node.host.connect(vmFolders(this.#node.layout, vmId).events);
      const session = await QmpSession.open(stream, undefined, (name, data) => this.#heard(vmId, followed, name, data));
      followed.session = session;
      if (this.#over) session.close();
      this.#keep(session.closed.then(() => this.#lost(vmId, followed)));
      await this.#compare(vmId, followed);
    } catch {
      if (followed.session === null) this.#followed.delete(vmId);
    }
  }

  #heard(vmId: string, followed: Followed, name: string, { reason }: Record<string, unknown>): void {
    if (name === 'STOP' || name === 'RESUME') this.#keep(this.#compare(vmId, followed));
    else if (name === 'SHUTDOWN') followed.goes = true;
    else if (name === 'RESET' && reason !== 'snapshot-load' && !followed.resetLately) {
      followed.resetLately = true;
      setTimeout(() => {
        followed.resetLately = false;
      }, resetPause).unref();
      this.#tell(vmId, 'rebooted');
    }
  }

  #compare(vmId: string, followed: Followed): Promise<void> {
    const compare = (): Promise<void> => this.#ask(vmId, followed);
    followed.compared = followed.compared.then(compare, compare);
    return followed.compared;
  }

  /** Queries the state again instead of trusting the event: a snapshot, too, stops a guest for a moment. */
  async #ask(vmId: string, followed: Followed): Promise<void> {
    if (followed.session === null) return;
    const paused = await notePause(this.#node, { id: vmId, label: vmId }, followed.session, followed.paused);
    if (paused === followed.paused) return;
    followed.paused = paused;
    this.#tell(vmId, paused ? 'paused' : 'resumed');
  }

  async #lost(vmId: string, { goes }: Followed): Promise<void> {
    this.#followed.delete(vmId);
    if (this.#over) return;
    this.#ended.push({ vmId, goes });
    if (this.#ended.length > 1) return;
    await new Promise((resolve) => setTimeout(resolve, endPause));
    const ended = this.#ended;
    this.#ended = [];
    if (this.#over) return;
    const results = await this.#node.host.batch(ended.map((end) => this.#awaitEnd(end)));
    results.forEach(({ stdout }, index) => {
      const [how, vmId] = [stdout.trim(), ended[index]?.vmId];
      if (vmId !== undefined && (how === 'stopped' || how === 'crashed')) this.#tell(vmId, how);
    });
  }

  #awaitEnd({ vmId, goes }: { vmId: string; goes: boolean }): Command {
    const { run } = vmFolders(this.#node.layout, vmId);
    const wait = goes ? endWait.announced : endWait.sudden;
    return { argv: ['sh', '-c', awaitEnd, 'croft-end', run, String(vmUserId(vmId)), processName(vmId), String(wait)] };
  }
}
