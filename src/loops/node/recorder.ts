/** Turns the progress of a node's steps into observed values of VMs and events. */
import { asCroftError, type CroftError } from '../../model/error.ts';
import type { NewEvent } from '../../model/event.ts';
import { type LaunchImage, planHash, type WantedVm } from '../../model/node/plan.ts';
import type { VmObserved } from '../../model/vm/vm.ts';
import type { Progress, VmStepName } from '../../reconciler/context.ts';
import { changeFailed, changeOffered, launchFailed } from '../../reconciler/retry.ts';
import { keyOf, type Step } from '../../reconciler/steps.ts';
import type { VmStore } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import type { Moves } from './moves.ts';
import type { Retries } from './retries.ts';
import { failureOf, type StepFailure } from './step-failure.ts';

const gatherFor = 25;
/** A started VM has nothing left to retry. */
const untried = { restartAt: null, launchRetry: null, changeRetry: null, diskRetry: null } as const;

export interface RecorderOptions {
  node: string;
  vms: Pick<VmStore, 'observe'>;
  journal: Journal;
  /** By the sha256 of images. */
  imageRetries: Retries;
  /** By the keys of steps that share no wait with other steps. */
  stepRetries: Retries;
  moves: Pick<Moves, 'ended' | 'failed'>;
  now(): number;
  /** The name of a slice by its identifier. */
  sliceName(sliceId: string): string;
  /** A write to the store failed; the next pass observes again. */
  failed(error: unknown): void;
}

export class Recorder implements Progress {
  readonly #options: RecorderOptions;
  #waiting = new Map<string, Partial<VmObserved>>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Writes all observations so far; resolves when they are in the store. */
  settled(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const changes = [...this.#waiting].map(([id, observed]) => ({ id, observed }));
    this.#waiting = new Map();
    if (changes.length > 0) {
      const write = this.#writing.then(() => this.#options.vms.observe(changes));
      this.#writing = write.catch((error: unknown) => this.#options.failed(error));
    }
    return this.#writing;
  }

  vmStep(vmId: string, label: string, name: VmStepName, state: 'started' | 'done', duration: number | null): void {
    if (state === 'started') this.#observe(vmId, { step: name });
    this.#event({
      kind: 'vm.step',
      message: `${name} ${state}`,
      ...namesOf(label),
      step: { name, state, duration },
      data: { percent: null },
    });
  }

  vmProgress(vmId: string, label: string, name: VmStepName, percent: number): void {
    const message = `${name} ${percent} %`;
    this.#observe(vmId, { step: message });
    this.#event({ kind: 'vm.step', message, ...namesOf(label), step: { name, state: 'started', duration: null }, data: { percent } });
  }

  imageFetched(image: LaunchImage, duration: number): void {
    this.#options.imageRetries.succeeded(image.sha256);
    const step = { name: 'image', state: 'done', duration } as const;
    this.#event({ kind: 'image.placed', message: `has the image ${inShort(image)}`, step, data: { sha256: image.sha256 } });
  }

  imageFailed(image: LaunchImage, error: CroftError): void {
    this.#options.imageRetries.failed(image.sha256, this.#options.now());
    const reason = inWords(error);
    const message = `the image ${inShort(image)} could not be brought here: ${reason}`;
    this.#event({ kind: 'image.failed', message, step: failed('image'), data: { image: null, sha256: image.sha256, reason } });
  }

  vmStarted(vm: Parameters<Progress['vmStarted']>[0]): void {
    const { launch, label } = vm;
    const launchHash = planHash(launch);
    const runs = { state: 'running', launchHash, memoryHeld: launch.memory, addressed: false } as const;
    this.#observe(launch.id, { ...runs, reason: null, step: null, ...untried });
    this.#event({ kind: 'vm.running', message: 'is running', ...namesOf(label) });
  }

  vmFailed(vm: Parameters<Progress['vmFailed']>[0], step: VmStepName, error: CroftError): void {
    const { launch, label } = vm;
    const reason = inWords(error);
    this.#observe(launch.id, { reason, step: null, launchRetry: launchFailed(vm, this.#options.now()) });
    this.#event({ kind: 'vm.failed', message: `${step} failed: ${reason}`, ...namesOf(label), step: failed(step), data: { reason } });
  }

  vmChanged({ launch, label }: WantedVm, done: string, deferred: string | null): void {
    this.#observe(launch.id, { step: null, changeRetry: deferred === null ? null : changeOffered(launch) });
    const rest = deferred === null ? '' : `; ${deferred} only at its next start`;
    this.#event({ kind: 'vm.changed', message: `changed while it runs: ${done}${rest}`, ...namesOf(label), data: { done, deferred } });
  }

  vmNotChanged(vm: WantedVm, done: string | null, error: CroftError): void {
    const { launch, label } = vm;
    const reason = inWords(error);
    if (done !== null) {
      const message = `changed while it runs: ${done}; not all of what is wanted`;
      this.#event({ kind: 'vm.changed', message, ...namesOf(label), data: { done, deferred: null } });
    }
    this.#observe(launch.id, { reason, step: null, changeRetry: changeFailed(vm, this.#options.now()) });
    this.#event({ kind: 'vm.change-failed', message: reason, ...namesOf(label), step: failed('change'), data: { reason } });
  }

  vmStopped(vm: { id: string; label: string }, how: string): void {
    const stopped = { state: 'stopped', pid: null, startedAt: null, launchHash: null, memoryHeld: null, addressed: false } as const;
    this.#observe(vm.id, { ...stopped, step: null, reason: null });
    const message = how === 'not-running' ? 'was not running' : `stopped: ${how}`;
    this.#event({ kind: 'vm.stopped', message, ...namesOf(vm.label), data: { how } });
  }

  vmHeld(vm: { id: string; label: string }, held: boolean): void {
    this.#observe(vm.id, { state: held ? 'paused' : 'running', step: null, reason: null });
    this.#event({ kind: held ? 'vm.paused' : 'vm.resumed', message: held ? 'was paused' : 'was resumed', ...namesOf(vm.label) });
  }

  vmThawed(vm: { id: string; label: string }): void {
    this.#observe(vm.id, { step: null, reason: null });
    const message = 'the file systems of its guest go on, which a snapshot had stopped';
    this.#event({ kind: 'vm.thawed', message, ...namesOf(vm.label) });
  }

  vmRemoved(vm: { id: string; label: string }): void {
    this.#event({ kind: 'vm.removed', message: 'nothing of it is left on the node', ...namesOf(vm.label) });
  }

  /** Unwritten observations of the VM belong to the node that it has left. */
  vmMoved({ launch, label }: WantedVm, node: string): void {
    this.#waiting.delete(launch.id);
    this.#options.moves.ended(launch.id);
    this.#event({ kind: 'vm.moved', message: `moved from ${this.#options.node} to ${node}`, ...namesOf(label), data: { to: node } });
  }

  vmNotMoved({ launch, label, movingTo }: WantedVm, error: CroftError | null): void {
    const reason = error === null ? null : `the move failed: ${inWords(error)}`;
    this.#options.moves.failed({ vmId: launch.id, to: movingTo ?? '', reason, now: this.#options.now() });
    this.#observe(launch.id, { step: null, ...(reason !== null && { reason }) });
    if (reason === null) return;
    this.#event({ kind: 'vm.move-failed', message: reason, ...namesOf(label), step: failed('move'), data: { reason } });
  }

  routerStep(sliceId: string, state: 'done' | 'removed', faults: readonly string[], duration: number): void {
    const why = faults.length === 0 ? '' : ` (repaired: ${faults.join('; ')})`;
    const about = { slice: this.#options.sliceName(sliceId), step: { name: 'router', state: 'done', duration } as const };
    const message = `router ${state}${why}`;
    this.#event(
      state === 'done'
        ? { kind: 'router.done', message, ...about, data: { faults: [...faults] } }
        : { kind: 'router.removed', message, ...about },
    );
  }

  portsRepaired(count: number): void {
    const message = `repaired ${count} network ${count === 1 ? 'port' : 'ports'} that had been changed or removed`;
    this.#event({ kind: 'node.repaired', message, data: { ports: count } });
  }

  stepDone(step: Step): void {
    this.#options.stepRetries.succeeded(keyOf(step));
  }

  /** Where the node itself is lost its passes wait, and pending work is done as soon as the node is back. */
  stepFailed(step: Step, error: CroftError): void {
    if (!error.code.startsWith('node.')) this.#options.stepRetries.failed(keyOf(step), this.#options.now());
    const failure = failureOf(step);
    if (failure.of === 'vm') this.#vmStepFailed(failure, error);
    else if (failure.of === 'router') this.#routerFailed(failure.sliceId, inWords(error));
    else this.nodeFailed(failure.what, error);
  }

  nodeFailed(what: string, error: CroftError): void {
    const reason = `${what}: ${inWords(error)}`;
    this.#event({ kind: 'node.failed', message: reason, data: { reason } });
  }

  #vmStepFailed({ id, label, step }: StepFailure & { of: 'vm' }, error: CroftError): void {
    const reason = inWords(error);
    this.#observe(id, { reason, step: null });
    this.#event({ kind: 'vm.failed', message: `${step} failed: ${reason}`, ...namesOf(label), step: failed(step), data: { reason } });
  }

  #routerFailed(sliceId: string, reason: string): void {
    const slice = this.#options.sliceName(sliceId);
    this.#event({ kind: 'router.failed', message: `router failed: ${reason}`, slice, step: failed('router'), data: { reason } });
  }

  #observe(id: string, observed: Partial<VmObserved>): void {
    this.#waiting.set(id, { ...this.#waiting.get(id), ...observed });
    this.#timer ??= setTimeout(() => void this.settled(), gatherFor);
  }

  #event(event: NewEvent): void {
    this.#options.journal.record({ ...event, node: this.#options.node });
  }
}

/** A step that could not be carried out. */
function failed(name: string) {
  return { name, state: 'failed', duration: null } as const;
}

function inShort({ sha256 }: LaunchImage): string {
  return `sha256:${sha256.slice(0, 12)}`;
}

/** `slice/vm` as the two names. */
function namesOf(label: string): { slice: string; vm: string } {
  const [slice = '', vm = ''] = label.split('/');
  return { slice, vm };
}

/** A human-readable error: the failure, then the remedy. */
export function inWords(thrown: unknown): string {
  const error = asCroftError(thrown);
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}
