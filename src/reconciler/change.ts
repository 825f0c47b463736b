/**
 * Changes a running VM to another launch without a restart. Every part may be repeated: a pass after an interruption continues with the
 * rest.
 */
import type { Deferred } from '../drivers/hypervisor/driver.ts';
import { asCroftError } from '../model/error.ts';
import type { VmLaunch } from '../model/node/plan.ts';
import { asOne, type Failure } from './as-one.ts';
import { type ExecutionContext, referenceTo, timed } from './context.ts';
import type { LivePart } from './live-change.ts';
import type { StepShapes } from './steps.ts';
import { ensureImages } from './vm-images.ts';

type ChangeStep = StepShapes['change'];

/** The ports of removed NICs are removed by the next pass, once the driver no longer lists those NICs for the VM. */
export async function changeVm(context: ExecutionContext, step: ChangeStep): Promise<void> {
  const outcome: Outcome = { done: new Map(), failures: [], atNextStart: [] };
  try {
    await timed(context, referenceTo(step.vm), 'change', () => carryOut(context, step, outcome));
    context.progress.vmChanged(step.vm, doneInWords(outcome), deferredInWords(outcome.atNextStart));
  } catch (thrown) {
    const done = outcome.done.size === 0 ? null : doneInWords(outcome);
    context.progress.vmNotChanged(step.vm, done, asCroftError(thrown));
  }
}

type Counted = (count: number) => string;

interface Outcome extends Deferred {
  /** The number of parts added or removed, by the words for them. */
  done: Map<Counted, number>;
  failures: Failure[];
}

/** A failure holds back no other part, except a volume that takes the name of a volume which could not be removed. */
async function carryOut(context: ExecutionContext, { vm: wanted, change }: ChangeStep, outcome: Outcome): Promise<void> {
  const { hypervisor } = context;
  const vm = referenceTo(wanted);
  const { launch, label } = vm;
  const attempt = async (part: string, what: Counted, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      outcome.done.set(what, (outcome.done.get(what) ?? 0) + 1);
      return true;
    } catch (thrown) {
      outcome.failures.push({ part, error: asCroftError(thrown) });
      return false;
    }
  };
  for (const nic of change.detachNics) {
    await attempt(nicInWords(nic), nicsWent, () => hypervisor.detachNic(vm, nic.id));
  }
  const stuck = new Set<string>();
  for (const volume of change.detachVolumes) {
    const gone = await attempt(volumeInWords(volume), volumesWent, () => hypervisor.detachVolume(vm, volume.id));
    if (!gone) stuck.add(volume.name);
  }
  for (const volume of change.attachVolumes.filter(({ name }) => !stuck.has(name))) {
    await attempt(volumeInWords(volume), volumesCame, async () => {
      await ensureImages(context, { ...launch, volumes: launch.volumes.filter(({ id }) => id === volume.id) }, label);
      await hypervisor.attachVolume(vm, volume.id);
    });
  }
  for (const nic of change.attachNics) {
    await attempt(nicInWords(nic), nicsCame, async () => {
      await makePort(context, launch, nic.id);
      await hypervisor.attachNic(vm, nic.id);
    });
  }
  if (change.resize) {
    await attempt('its sizes', sizesCame, async () => {
      outcome.atNextStart = (await hypervisor.resize(vm)).atNextStart;
    });
  }
  if (outcome.failures.length > 0) throw asOne(outcome.failures);
}

async function makePort({ network }: ExecutionContext, { ports }: VmLaunch, nicId: string): Promise<void> {
  const outcomes = await network.attach(ports.filter((port) => port.nicId === nicId));
  for (const { error } of outcomes) if (error !== null) throw error;
}

const nicInWords = ({ name }: LivePart): string => `the NIC ${name}`;
const volumeInWords = ({ name }: LivePart): string => `the volume ${name}`;

const counted =
  (what: string, how: string): Counted =>
  (count) =>
    `${count} ${what}${count === 1 ? '' : 's'} ${how}`;
const nicsWent = counted('NIC', 'went');
const nicsCame = counted('NIC', 'came');
const volumesWent = counted('volume', 'went');
const volumesCame = counted('volume', 'came');
const sizesCame: Counted = () => 'its sizes were changed';

/** `2 NICs went, 1 volume came`. */
function doneInWords({ done }: Outcome): string {
  return [...done].map(([inWords, count]) => inWords(count)).join(', ');
}

const names = { cpus: 'CPUs', memory: 'memory', disk: 'disk' } as const satisfies Record<Deferred['atNextStart'][number], string>;

function deferredInWords(parts: Deferred['atNextStart']): string | null {
  return parts.length === 0 ? null : parts.map((part) => names[part]).join(' and ');
}
