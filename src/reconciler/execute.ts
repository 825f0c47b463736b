/** Carries out the steps of a node's plan through the drivers, and reports the outcome of each step. */
import { asCroftError, type CroftError } from '../model/error.ts';
import type { WantedVm } from '../model/node/plan.ts';
import { asOne } from './as-one.ts';
import { changeVm } from './change.ts';
import { type ExecutionContext, referenceTo, timed, type VmStepName } from './context.ts';
import { moveVm } from './move.ts';
import { type Step, type StepKind, type StepShapes, subjectOf } from './steps.ts';
import { ensureImages } from './vm-images.ts';

/** The steps in progress, by subject; each promise is settled when its step has ended and never rejects. */
export type Running = Map<string, Promise<void>>;

/** Starts all steps of a plan, steps of different subjects in parallel. Failures are reported to `progress`; nothing is thrown. */
export function execute(context: ExecutionContext, steps: readonly Step[]): Running {
  const joining = steps.find((step) => step.kind === 'underlay');
  const underlay = joining === undefined ? Promise.resolve() : guard(context, joining, context.network.ensureUnderlay(joining.plan));
  const launches = steps.filter((step) => step.kind === 'launch').map(({ vm }) => vm);
  const attached = launches.length === 0 ? null : underlay.then(() => attachAll(context, launches));
  const running: Running = new Map();
  for (const step of steps) {
    if (step.kind === 'underlay') continue;
    const before =
      step.kind === 'launch'
        ? launchVm(context, step.vm, attached as Promise<AttachOutcomes>)
        : underlay.then(() => perform(context, step));
    const subject = subjectOf(step);
    const earlier = running.get(subject);
    running.set(subject, earlier === undefined ? before : Promise.all([earlier, before]).then(() => undefined));
  }
  return running;
}

type Effects = { [Kind in Exclude<StepKind, 'underlay' | 'launch'>]: (context: ExecutionContext, step: StepShapes[Kind]) => Promise<void> };

const effects: Effects = {
  fetchImage,
  router: ensureRouter,
  removeRouter,
  repairPorts,
  detach: ({ network }, { names }) => network.detach(names),
  change: changeVm,
  stop: stopVm,
  pause: (context, step) => holdVm(context, step, 'pause'),
  resume: (context, step) => holdVm(context, step, 'resume'),
  thaw: thawVm,
  destroy: destroyVm,
  move: moveVm,
  discardArrival: ({ hypervisor }, { id }) => hypervisor.discardArrival({ id, label: id }),
};

function perform(context: ExecutionContext, step: Exclude<Step, { kind: 'underlay' | 'launch' }>): Promise<void> {
  const effect = effects[step.kind] as (context: ExecutionContext, step: Step) => Promise<void>;
  return guard(context, step, effect(context, step));
}

async function guard({ progress }: ExecutionContext, step: Step, work: Promise<void>): Promise<void> {
  try {
    await work;
    progress.stepDone(step);
  } catch (thrown) {
    progress.stepFailed(step, asCroftError(thrown));
  }
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
  const { network, progress, clock } = context;
  const start = clock();
  await network.ensureRouter(plan);
  progress.routerStep(plan.sliceId, 'done', faults, clock() - start);
}

async function removeRouter(context: ExecutionContext, { sliceId }: StepShapes['removeRouter']): Promise<void> {
  const { network, progress, clock } = context;
  const start = clock();
  await network.removeRouter(sliceId);
  progress.routerStep(sliceId, 'removed', [], clock() - start);
}

async function repairPorts({ network, progress }: ExecutionContext, { ports }: StepShapes['repairPorts']): Promise<void> {
  const outcomes = await network.attach(ports);
  const failures = outcomes.flatMap(({ vmId, error }) => (error === null ? [] : [{ part: `of VM ${vmId}`, error }]));
  const failed = new Set(outcomes.filter(({ error }) => error !== null).map(({ vmId }) => vmId));
  const repaired = ports.filter(({ vmId }) => !failed.has(vmId)).length;
  if (repaired > 0) progress.portsRepaired(repaired);
  if (failures.length > 0) throw asOne(failures);
}

async function stopVm(context: ExecutionContext, { id, label }: StepShapes['stop']): Promise<void> {
  const { hypervisor, progress, stopTimes } = context;
  const vm = { id, label };
  const how = await timed(context, vm, 'stop', () => hypervisor.stop(vm, stopTimes));
  progress.vmStopped(vm, how);
}

async function holdVm(context: ExecutionContext, { id, label }: StepShapes['pause'], kind: 'pause' | 'resume'): Promise<void> {
  const { hypervisor, progress } = context;
  const vm = { id, label };
  await timed(context, vm, kind, () => hypervisor[kind](vm));
  progress.vmHeld(vm, kind === 'pause');
}

async function thawVm(context: ExecutionContext, { id, label }: StepShapes['thaw']): Promise<void> {
  const vm = { id, label };
  await timed(context, vm, 'thaw', () => context.hypervisor.thaw(vm));
  context.progress.vmThawed(vm);
}

async function destroyVm(context: ExecutionContext, { id, label }: StepShapes['destroy']): Promise<void> {
  const vm = { id, label };
  await timed(context, vm, 'remove', () => context.hypervisor.destroy(vm));
  context.progress.vmRemoved(vm);
}

/** VM → the error of its ports, null where they exist. */
type AttachOutcomes = { errors: ReadonlyMap<string, CroftError>; started: number; ended: number };

/** The ports of all VMs that are launched together are created in one transaction instead of one for each VM. */
async function attachAll({ network, clock }: ExecutionContext, vms: readonly WantedVm[]): Promise<AttachOutcomes> {
  const started = clock();
  const errors = new Map<string, CroftError>();
  const ports = vms.flatMap(({ launch }) => launch.ports);
  try {
    const outcomes = ports.length === 0 ? [] : await network.attach(ports);
    for (const { vmId, error } of outcomes) if (error !== null) errors.set(vmId, error);
  } catch (thrown) {
    for (const { launch } of vms) errors.set(launch.id, asCroftError(thrown));
  }
  return { errors, started, ended: clock() };
}

/** Where a step fails, the VM is not running in the next pass, which then removes its ports; its disk stays for the next try. */
async function launchVm(context: ExecutionContext, vm: WantedVm, attached: Promise<AttachOutcomes>): Promise<void> {
  const { hypervisor, progress } = context;
  const { launch, label } = vm;
  const reference = referenceTo(vm);
  let step: VmStepName = 'image';
  try {
    await timed(context, reference, 'image', () => ensureImages(context, launch, label));
    step = 'disk';
    await timed(context, reference, 'disk', () => hypervisor.prepare(reference));
    step = 'ports';
    const { errors, started, ended } = await attached;
    const error = errors.get(launch.id);
    if (error !== undefined) throw error;
    progress.vmStep(launch.id, label, 'ports', 'done', ended - started);
    step = 'start';
    await timed(context, reference, 'start', () => hypervisor.start(reference));
    progress.vmStarted(vm);
  } catch (thrown) {
    await attached;
    progress.vmFailed(vm, step, asCroftError(thrown));
  }
}
