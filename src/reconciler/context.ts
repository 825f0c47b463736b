/** What the executor of a plan works with, and to whom it tells how it goes. */
import type { NodeAbilities, NodeHypervisor, NodeReach, StopTimes, VmReference, VmWithLaunch } from '../drivers/hypervisor/driver.ts';
import type { NetworkDriver } from '../drivers/network/driver.ts';
import type { CroftError } from '../model/error.ts';
import type { LaunchImage, WantedVm } from '../model/node/plan.ts';
import type { Step } from './steps.ts';

/** Brings images to nodes; one transfer per node and image, however many ask. */
export interface ImageDelivery {
  /** `onProgress` hears how many bytes of how many are there. */
  ensure(
    host: NodeReach['host'],
    layout: NodeReach['layout'],
    image: LaunchImage,
    onProgress?: (present: number, total: number) => void,
  ): Promise<void>;
}

export type VmStepName = 'image' | 'ports' | 'disk' | 'start' | 'change' | 'pause' | 'resume' | 'thaw' | 'stop' | 'move' | 'remove';

/** Hears how the steps go, to record it. Durations are in ms. */
export interface Progress {
  vmStep(vmId: string, label: string, name: VmStepName, state: 'started' | 'done', duration: number | null): void;
  /** How far a step is that takes its time, in whole percent; told now and then. */
  vmProgress(vmId: string, label: string, name: VmStepName, percent: number): void;
  imageFetched(image: LaunchImage, duration: number): void;
  imageFailed(image: LaunchImage, error: CroftError): void;
  vmStarted(vm: WantedVm): void;
  vmFailed(vm: WantedVm, step: VmStepName, error: CroftError): void;
  /** `done` says what came and went, in words. `deferred` says what it has only from its next start on. */
  vmChanged(vm: WantedVm, done: string, deferred: string | null): void;
  /** It runs on as far as it has come, which `done` says in words, null for not at all; the rest is tried again later. */
  vmNotChanged(vm: WantedVm, done: string | null, error: CroftError): void;
  vmStopped(vm: VmReference, how: string): void;
  /** Its guest is held still, or goes on. */
  vmHeld(vm: VmReference, held: boolean): void;
  /** Its guest's file systems go on. */
  vmThawed(vm: VmReference): void;
  vmRemoved(vm: VmReference): void;
  /** It has its new node from now on. `node` is the name of that node. */
  vmMoved(vm: WantedVm, node: string): void;
  /** It is still on its node, whole, and the move is tried again later. `error` is null where it only has to wait its turn, or was called off. */
  vmNotMoved(vm: WantedVm, error: CroftError | null): void;
  routerStep(sliceId: string, state: 'done' | 'removed', faults: readonly string[], duration: number): void;
  portsRepaired(count: number): void;
  /** A step that nothing else tells of ended. It is not tried again at once where it failed. */
  stepDone(step: Step): void;
  stepFailed(step: Step, error: CroftError): void;
  nodeFailed(what: string, error: CroftError): void;
}

/** A VM's place on the node that it moves to. That node leaves the VM alone until the berth is disposed of. */
export interface Berth extends NodeReach, AsyncDisposable {
  hypervisor: NodeHypervisor;
  /** Aborts where the VM is no longer to move there. */
  signal: AbortSignal;
  /** The VM has that node from now on; false where it was decided otherwise meanwhile. */
  complete(): Promise<boolean>;
}

/** Finds the place, as long as the move is wanted. Null where the node has its hands full; rejects with `node.*` where it is not ready. */
export type OpenBerth = (vmId: string, to: string) => Promise<Berth | null>;

export interface ExecutionContext extends NodeReach {
  /** For the network driver; the hypervisor's has them. */
  abilities: NodeAbilities;
  hypervisor: NodeHypervisor;
  network: NetworkDriver;
  images: ImageDelivery;
  progress: Progress;
  stopTimes: StopTimes;
  openBerth: OpenBerth;
  /** ms, from any origin; only differences are used. */
  clock(): number;
}

/** The VM, as drivers are told of it. */
export function referenceTo({ launch, label }: Pick<WantedVm, 'launch' | 'label'>): VmWithLaunch {
  return { id: launch.id, label, launch };
}

/** Tells of the step when it begins and, where it succeeds, when it ends. */
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
