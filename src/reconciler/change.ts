/** Bringing a VM that runs to another launch, without a restart. Every part may be repeated: a pass after a cut goes on with the rest. */
import type { Deferred } from '../drivers/hypervisor/driver.ts';
import { asCroftError } from '../model/error.ts';
import { type ExecutionContext, timed } from './context.ts';
import type { LiveChange } from './live-change.ts';
import type { StepShapes } from './steps.ts';
import { ensureImages } from './vm-images.ts';

/** The ports of NICs that went are removed by the next pass, once the driver knows the VM without them. */
export async function changeVm(context: ExecutionContext, step: StepShapes['change']): Promise<void> {
  const { launch, label } = step.vm;
  try {
    const { atNextStart } = await timed(context, launch.id, label, 'change', () => carryOut(context, step));
    context.progress.vmChanged(step.vm, inWords(step.change), deferredInWords(atNextStart));
  } catch (thrown) {
    context.progress.vmNotChanged(step.vm, asCroftError(thrown));
  }
}

async function carryOut(context: ExecutionContext, { vm: { launch, label }, change }: StepShapes['change']): Promise<Deferred> {
  const { hypervisor, network, host, layout, abilities } = context;
  for (const nicId of change.detachNics) await hypervisor.detachNic(host, layout, launch.id, nicId);
  for (const volumeId of change.detachVolumes) await hypervisor.detachVolume(host, layout, launch.id, volumeId);
  if (change.attachVolumes.length > 0) await ensureImages(context, launch, label);
  for (const volumeId of change.attachVolumes) await hypervisor.attachVolume(host, layout, launch, volumeId);
  const ports = launch.ports.filter(({ nicId }) => change.attachNics.includes(nicId));
  const outcomes = ports.length === 0 ? [] : await network.attach(host, layout, ports);
  for (const { error } of outcomes) if (error !== null) throw error;
  for (const { nicId } of ports) await hypervisor.attachNic(host, layout, abilities, launch, nicId);
  return change.resize ? await hypervisor.resize(host, layout, launch) : { atNextStart: [] };
}

function inWords({ attachNics, attachVolumes, detachNics, detachVolumes, resize }: LiveChange): string {
  const counted = (count: number, what: string, how: string): string[] =>
    count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'} ${how}`];
  return [
    ...counted(detachNics.length, 'NIC', 'went'),
    ...counted(detachVolumes.length, 'volume', 'went'),
    ...counted(attachVolumes.length, 'volume', 'came'),
    ...counted(attachNics.length, 'NIC', 'came'),
    ...(resize ? ['its sizes were brought to it'] : []),
  ].join(', ');
}

const names = { cpus: 'CPUs', memory: 'memory', disk: 'disk' } as const satisfies Record<Deferred['atNextStart'][number], string>;

function deferredInWords(parts: Deferred['atNextStart']): string | null {
  return parts.length === 0 ? null : parts.map((part) => names[part]).join(' and ');
}
