/** What the executor of a plan works with, and where it reports progress. */
import type { NodeHypervisor, NodeReach, StopTimes, VmReference, VmWithLaunch } from '../drivers/hypervisor/driver.ts';
import type { NodeNetwork } from '../drivers/network/driver.ts';
import type { CroftError } from '../model/error.ts';
import type { LaunchImage, WantedVm } from '../model/node/plan.ts';
import type { Step } from './steps.ts';

/** Delivers images to nodes; one transfer per node and image, however many callers ask. */
export interface ImageDelivery {
  /** `onProgress` receives the bytes delivered and the total bytes. */
  ensure(
    host: NodeReach['host'],
    layout: NodeReach['layout'],
    image: LaunchImage,
    onProgress?: (present: number, total: number) => void,
  ): Promise<void>;
}

export type VmStepName = 'image' | 'ports' | 'disk' | 'start' | 'change' | 'pause' | 'resume' | 'thaw' | 'stop' | 'move' | 'remove';

/** Receives the progress of steps, to record it. Durations are in ms. */
export interface Progress {
  vmStep(vmId: string, label: string, name: VmStepName, state: 'started' | 'done', duration: number | null): void;
  /** Progress of a step that takes time, in whole percent; reported at intervals. */
  vmProgress(vmId: string, label: string, name: VmStepName, percent: number): void;
  imageFetched(image: LaunchImage, duration: number): void;
  imageFailed(image: LaunchImage, error: CroftError): void;
  vmStarted(vm: WantedVm): void;
  vmFailed(vm: WantedVm, step: VmStepName, error: CroftError): void;
  /** `done` says in words which parts were added and removed. `deferred` says which parts take effect only at the next start. */
  vmChanged(vm: WantedVm, done: string, deferred: string | null): void;
  /** The VM keeps running with the changes made so far, which `done` says in words, null for none; the rest is tried again later. */
  vmNotChanged(vm: WantedVm, done: string | null, error: CroftError): void;
  vmStopped(vm: VmReference, how: string): void;
  /** The guest is paused, or resumed. */
  vmHeld(vm: VmReference, held: boolean): void;
  /** The guest's file systems are thawed. */
  vmThawed(vm: VmReference): void;
  vmRemoved(vm: VmReference): void;
  /** The VM belongs to its new node from now on. `node` is the name of that node. */
  vmMoved(vm: WantedVm, node: string): void;
  /**
   * The VM is still on its node, intact, and the move is tried again later. `error` is null where the move only waits for its turn, or
   * was cancelled.
   */
  vmNotMoved(vm: WantedVm, error: CroftError | null): void;
  routerStep(sliceId: string, state: 'done' | 'removed', faults: readonly string[], duration: number): void;
  portsRepaired(count: number): void;
  /** A step without a method of its own here has ended. A failed step is not tried again at once. */
  stepDone(step: Step): void;
  stepFailed(step: Step, error: CroftError): void;
  nodeFailed(what: string, error: CroftError): void;
}

/** A place for the VM on the target node of its move. The target node leaves the VM alone until the berth is disposed of. */
export interface Berth extends NodeReach, AsyncDisposable {
  hypervisor: NodeHypervisor;
  /** Aborts where the VM is no longer to move to this node. */
  signal: AbortSignal;
  /** The VM belongs to the target node from now on; false where another decision was made in the meantime. */
  complete(): Promise<boolean>;
}

/**
 * Finds the berth, as long as the move is wanted. Null where the node has no capacity for another move; rejects with `node.*` where the
 * node is not ready.
 */
export type OpenBerth = (vmId: string, to: string) => Promise<Berth | null>;

export interface ExecutionContext extends NodeReach {
  hypervisor: NodeHypervisor;
  network: NodeNetwork;
  images: ImageDelivery;
  progress: Progress;
  stopTimes: StopTimes;
  openBerth: OpenBerth;
  /** ms, from any origin; only differences are used. */
  clock(): number;
}

/** The VM, as drivers receive it. */
export function referenceTo({ launch, label }: Pick<WantedVm, 'launch' | 'label'>): VmWithLaunch {
  return { id: launch.id, label, launch };
}

/** Reports the beginning of the step and, where it succeeds, its end. */
export async function timed<T>(
  { progress, clock }: ExecutionContext,
  { id, label }: VmReference,
  name: VmStepName,
  work: () => Promise<T>,
): Promise<T> {
  const start = clock();
  progress.vmStep(id, label, name, 'started', null);
  const value = await work();
  progress.vmStep(id, label, name, 'done', clock() - start);
  return value;
}
