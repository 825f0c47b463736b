/** Carries out the steps of a node's plan through the drivers, and reports how each went. */
import type { HypervisorDriver, NodeAbilities, NodeLayout, StopTimes } from '../drivers/hypervisor/driver.ts';
import type { NetworkDriver } from '../drivers/network/driver.ts';
import type { Host } from '../host/host.ts';
import { asCroftError, type CroftError } from '../model/error.ts';
import type { LaunchImage, VmLaunch, WantedVm } from '../model/node-plan.ts';
import { type Step, type StepKind, type StepShapes, subjectOf } from './steps.ts';

/** Brings images to nodes; one transfer per node and image, however many ask. */
export interface ImageDelivery {
  /** `onProgress` hears how many bytes of how many are there. */
  ensure(host: Host, layout: NodeLayout, image: LaunchImage, onProgress?: (present: number, total: number) => void): Promise<void>;
}

export type VmStepName = 'image' | 'ports' | 'disk' | 'start' | 'stop' | 'remove';
type Named = { id: string; label: string };

/** Hears how the steps go, to record it. Durations are in ms. */
export interface Progress {
  vmStep(vmId: string, label: string, name: VmStepName, state: 'started' | 'done', duration: number | null): void;
  /** How far a step is that takes its time, in whole percent; told now and then. */
  vmProgress(vmId: string, label: string, name: VmStepName, percent: number): void;
  imageFetched(image: LaunchImage, duration: number): void;
  imageFailed(image: LaunchImage, error: CroftError): void;
  vmStarted(vm: WantedVm): void;
  vmFailed(vm: WantedVm, step: VmStepName, error: CroftError): void;
  vmStopped(vm: Named, how: string): void;
  vmRemoved(vm: Named): void;
  routerStep(
    sliceId: string,
    state: 'done' | 'removed' | 'failed',
    faults: readonly string[],
    duration: number,
    error: CroftError | null,
  ): void;
  portsRepaired(count: number): void;
  nodeFailed(what: string, error: CroftError): void;
}

export interface ExecutionContext {
  host: Host;
  layout: NodeLayout;
  abilities: NodeAbilities;
  hypervisor: HypervisorDriver;
  network: NetworkDriver;
  images: ImageDelivery;
  progress: Progress;
  stopTimes: StopTimes;
  /** ms, from any origin; only differences are used. */
  clock(): number;
}

/** The steps under way, by subject; each promise is settled when its step has ended and never rejects. */
export type Running = Map<string, Promise<void>>;

/** Starts all steps of a plan, those of different subjects side by side. Failures go to `progress`; nothing is thrown. */
export function execute(context: ExecutionContext, steps: readonly Step[]): Running {
  const bridge = steps.some(({ kind }) => kind === 'bridge') ? guard(context, 'bridge', makeBridge(context)) : Promise.resolve();
  const launches = steps.filter((step) => step.kind === 'launch').map(({ vm }) => vm);
  const attached = launches.length === 0 ? null : bridge.then(() => attachAll(context, launches));
  const running: Running = new Map();
  for (const step of steps) {
    if (step.kind === 'bridge') continue;
    const before =
      step.kind === 'launch' ? launchVm(context, step.vm, attached as Promise<AttachOutcomes>) : bridge.then(() => perform(context, step));
    const subject = subjectOf(step);
    const earlier = running.get(subject);
    running.set(subject, earlier === undefined ? before : Promise.all([earlier, before]).then(() => undefined));
  }
  return running;
}

type Effects = { [Kind in Exclude<StepKind, 'bridge' | 'launch'>]: (context: ExecutionContext, step: StepShapes[Kind]) => Promise<void> };

const effects: Effects = {
  fetchImage,
  router: ensureRouter,
  removeRouter,
  repairPorts,
  detach: ({ network, host, layout }, { names }) => network.detach(host, layout, names),
  stop: stopVm,
  destroy: destroyVm,
};

function perform(context: ExecutionContext, step: Exclude<Step, { kind: 'bridge' | 'launch' }>): Promise<void> {
  const effect = effects[step.kind] as (context: ExecutionContext, step: Step) => Promise<void>;
  return guard(context, step.kind, effect(context, step));
}

async function guard({ progress }: ExecutionContext, what: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    progress.nodeFailed(what, asCroftError(thrown));
  }
}

function makeBridge({ network, host, layout, abilities }: ExecutionContext): Promise<void> {
  return network.ensureBridge(host, layout, abilities);
}

async function fetchImage({ images, host, layout, progress, clock }: ExecutionContext, { image }: StepShapes['fetchImage']): Promise<void> {
  const start = clock();
  try {
    await images.ensure(host, layout, image);
    progress.imageFetched(image, clock() - start);
  } catch (thrown) {
    progress.imageFailed(image, asCroftError(thrown));
  }
}

async function ensureRouter(context: ExecutionContext, { plan, faults }: StepShapes['router']): Promise<void> {
  const { network, host, layout, abilities, progress, clock } = context;
  const start = clock();
  try {
    await network.ensureRouter(host, layout, abilities, plan);
    progress.routerStep(plan.sliceId, 'done', faults, clock() - start, null);
  } catch (thrown) {
    progress.routerStep(plan.sliceId, 'failed', faults, clock() - start, asCroftError(thrown));
  }
}

async function removeRouter(context: ExecutionContext, { sliceId }: StepShapes['removeRouter']): Promise<void> {
  const { network, host, layout, progress, clock } = context;
  const start = clock();
  await network.removeRouter(host, layout, sliceId);
  progress.routerStep(sliceId, 'removed', [], clock() - start, null);
}

async function repairPorts({ network, host, layout, progress }: ExecutionContext, { ports }: StepShapes['repairPorts']): Promise<void> {
  const outcomes = await network.attach(host, layout, ports);
  const failed = new Set<string>();
  for (const { vmId, error } of outcomes) {
    if (error === null) continue;
    failed.add(vmId);
    progress.nodeFailed(`ports of VM ${vmId}`, error);
  }
  const repaired = ports.filter(({ vmId }) => !failed.has(vmId)).length;
  if (repaired > 0) progress.portsRepaired(repaired);
}

async function stopVm(context: ExecutionContext, { id, label }: StepShapes['stop']): Promise<void> {
  const { hypervisor, host, layout, progress, stopTimes } = context;
  const how = await timed(context, id, label, 'stop', () => hypervisor.stop(host, layout, id, stopTimes));
  progress.vmStopped({ id, label }, how);
}

async function destroyVm(context: ExecutionContext, { id, label }: StepShapes['destroy']): Promise<void> {
  await timed(context, id, label, 'remove', () => context.hypervisor.destroy(context.host, context.layout, id));
  context.progress.vmRemoved({ id, label });
}

/** VM → the error of its ports, null where they are there. */
type AttachOutcomes = { errors: ReadonlyMap<string, CroftError>; started: number; ended: number };

/** The ports of all VMs that are launched together are made together: one transaction instead of one each. */
async function attachAll({ network, host, layout, clock }: ExecutionContext, vms: readonly WantedVm[]): Promise<AttachOutcomes> {
  const started = clock();
  const errors = new Map<string, CroftError>();
  const ports = vms.flatMap(({ launch }) => launch.ports);
  try {
    const outcomes = ports.length === 0 ? [] : await network.attach(host, layout, ports);
    for (const { vmId, error } of outcomes) if (error !== null) errors.set(vmId, error);
  } catch (thrown) {
    for (const { launch } of vms) errors.set(launch.id, asCroftError(thrown));
  }
  return { errors, started, ended: clock() };
}

/** Where a step fails, the VM is not running in the next pass, which then takes its ports away again; its disk stays for the next try. */
async function launchVm(context: ExecutionContext, vm: WantedVm, attached: Promise<AttachOutcomes>): Promise<void> {
  const { hypervisor, host, layout, abilities, progress } = context;
  const { launch, label } = vm;
  let step: VmStepName = 'image';
  try {
    await timed(context, launch.id, label, 'image', () => ensureImages(context, launch, label));
    step = 'disk';
    await timed(context, launch.id, label, 'disk', () => hypervisor.prepare(host, layout, launch, label));
    step = 'ports';
    const { errors, started, ended } = await attached;
    const error = errors.get(launch.id);
    if (error !== undefined) throw error;
    progress.vmStep(launch.id, label, 'ports', 'done', ended - started);
    step = 'start';
    await timed(context, launch.id, label, 'start', () => hypervisor.start(host, layout, abilities, launch, label));
    progress.vmStarted(vm);
  } catch (thrown) {
    await attached;
    progress.vmFailed(vm, step, asCroftError(thrown));
  }
}

/** ms and percent between two tellings of how far a VM's images are. */
const tellAfter = 2_000;
const tellStep = 10;

/** All images that the VM's disks are made of, side by side. */
async function ensureImages({ images, host, layout, progress, clock }: ExecutionContext, launch: VmLaunch, label: string): Promise<void> {
  const needed = new Map([launch.image, ...launch.volumes.flatMap(({ image }) => image ?? [])].map((image) => [image.sha256, image]));
  const total = [...needed.values()].reduce((sum, { size }) => sum + size, 0);
  const present = new Map<string, number>();
  let told = { at: clock(), percent: 0 };
  const tell = () => {
    const percent = Math.floor(([...present.values()].reduce((sum, bytes) => sum + bytes, 0) * 100) / Math.max(total, 1));
    if (clock() - told.at < tellAfter || percent < told.percent + tellStep) return;
    told = { at: clock(), percent };
    progress.vmProgress(launch.id, label, 'image', percent);
  };
  const ensured = [...needed.values()].map(async (image) => {
    await images.ensure(host, layout, image, (bytes) => {
      present.set(image.sha256, bytes);
      tell();
    });
    present.set(image.sha256, image.size);
  });
  const failed = (await Promise.allSettled(ensured)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function timed<T>(
  { progress, clock }: ExecutionContext,
  vmId: string,
  label: string,
  name: VmStepName,
  work: () => Promise<T>,
): Promise<T> {
  const start = clock();
  progress.vmStep(vmId, label, name, 'started', null);
  const value = await work();
  progress.vmStep(vmId, label, name, 'done', clock() - start);
  return value;
}
