/**
 * The configuration of a running VM's QEMU beyond its launch: a guest's memory in a snapshot can only be resumed in a QEMU with the same
 * configuration.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { versionedForm } from '../../../model/versioned.ts';
import type { LiveDisks } from './live-disks.ts';
import { partsOf, vmPartsSchema } from './parts.ts';

export const machineSchema = z.object({
  /** QEMU's major and minor version, by which its machine types go. */
  qemu: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  /** CPUs at the start, which determine more than their number; CPUs added later; the largest number of CPUs. */
  firstCpus: z.int().positive(),
  laterCpus: z.int().min(0),
  mostCpus: z.int().positive(),
  /** Bytes at the start. */
  memory: z.int().positive(),
  /** Whether its virtio NICs offload work to the network; null where it has none. */
  offloads: z.boolean().nullable(),
  /**
   * The slots on the PCI bus, by the names of their devices: a device added while the VM runs has another slot than it would have at the
   * start.
   */
  places: z.record(z.string(), z.int().min(0).max(31)),
});
export type Machine = z.infer<typeof machineSchema>;

/** Room for some more CPUs costs a guest next to nothing. */
const usualMost = 8;

/** The largest number of CPUs of a VM that begins with `cpus`. */
export function mostCpus(cpus: number): number {
  return Math.max(cpus, usualMost);
}

/** The configuration and the parts of the VM that a snapshot with memory belongs to. */
const snapshotMachineSchema = z.object({ parts: vmPartsSchema, machine: machineSchema });
export type SnapshotMachine = z.infer<typeof snapshotMachineSchema>;
export const snapshotMachineForm = versionedForm({ what: 'the machine', schema: snapshotMachineSchema, bare: true });

const versionSchema = z.object({ qemu: z.object({ major: z.int(), minor: z.int() }) });
const kvmSchema = z.object({ enabled: z.boolean() });
const cpusSchema = z.array(z.object({ 'qom-path': z.string().optional() }));
const memorySchema = z.object({ 'base-memory': z.int() });
const busesSchema = z.array(z.object({ bus: z.int(), devices: z.array(z.object({ qdev_id: z.string(), slot: z.int() })) }));

/** ms for each question. */
const answerTime = 10_000;

/** `nicDevice` names the device of a NIC. */
export async function readMachine(
  execute: LiveDisks['execute'],
  nicDevice: (nicId: string) => string,
  running: VmLaunch,
): Promise<SnapshotMachine> {
  const ask = async <T>(schema: z.ZodType<T>, command: string, parameters = {}): Promise<T> =>
    schema.parse(await execute(command, parameters, answerTime));
  const { qemu } = await ask(versionSchema, 'query-version');
  const { enabled } = await ask(kvmSchema, 'query-kvm');
  const cpus = await ask(cpusSchema, 'query-hotpluggable-cpus');
  const { 'base-memory': memory } = await ask(memorySchema, 'query-memory-size-summary');
  const buses = await ask(busesSchema, 'query-pci');
  const nic = running.ports.find(({ model }) => model === 'virtio');
  const path = nic === undefined ? null : `/machine/peripheral/${nicDevice(nic.nicId)}`;
  const offloads = path === null ? null : await ask(z.boolean(), 'qom-get', { path, property: 'csum' });
  const present = cpus.flatMap((cpu) => cpu['qom-path'] ?? []);
  const later = present.filter((cpu) => cpu.startsWith('/machine/peripheral/')).length;
  const identified = buses.flatMap(({ bus, devices }) => (bus === 0 ? devices.filter(({ qdev_id }) => qdev_id !== '') : []));
  return {
    parts: { ...partsOf(running), cpus: present.length },
    machine: {
      qemu: `${qemu.major}.${qemu.minor}`,
      accelerator: enabled ? 'kvm' : 'tcg',
      ...{ firstCpus: present.length - later, laterCpus: later, mostCpus: cpus.length },
      ...{ memory, offloads, places: Object.fromEntries(identified.map(({ qdev_id, slot }) => [qdev_id, slot])) },
    },
  };
}

/**
 * Whether memory kept from one configuration can be resumed in the other. The amount of memory that a guest has returned is part of the
 * kept state.
 */
export function isSameMachine(one: SnapshotMachine, other: SnapshotMachine): boolean {
  const { memory } = other.parts;
  return isDeepStrictEqual({ ...one, parts: { ...one.parts, memory } }, other);
}
