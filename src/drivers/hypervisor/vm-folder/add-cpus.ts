/** Adds CPUs to a VM while it runs. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { AgentSession } from '../../../tools/guest-agent.ts';
import { accepted } from './accepted.ts';
import { roomForCpus } from './tcg-room.ts';

const cpusSchema = z.array(
  z.object({ type: z.string(), props: z.record(z.string(), z.int()), 'qom-path': z.string().optional() }).transform((cpu) => ({
    ...{ driver: cpu.type, props: cpu.props, present: cpu['qom-path'] !== undefined },
    place: cpu.props['core-id'] ?? 0,
  })),
);
type Cpu = z.infer<typeof cpusSchema>[number];

const kvmSchema = z.object({ enabled: z.boolean() });
const jitSchema = z.object({ 'human-readable-text': z.string() });

/** Runs a QEMU command. Rejects with `command.failed` where QEMU refuses it. */
type Execute = (command: string) => Promise<unknown>;

export interface CpuWays {
  execute: Execute;
  /** Runs the work while the guest is paused. */
  still(work: () => Promise<void>): Promise<void>;
  /** Adds these CPUs; `count` is the resulting number. */
  add(cpus: readonly Cpu[], count: number): Promise<void>;
}

/** Adds CPUs up to this number, as far as there are places and room for them; none is removed. Resolves with the resulting number. */
export async function addCpus({ execute, still, add }: CpuWays, wanted: number): Promise<number> {
  const read = async () => cpusSchema.parse(await execute('query-hotpluggable-cpus')).toSorted((a, b) => a.place - b.place);
  const cpus = await read();
  const present = cpus.filter((cpu) => cpu.present).length;
  if (wanted <= present) return present;
  const fill = async (room: number): Promise<void> => {
    const coming = cpus.filter((cpu) => !cpu.present).slice(0, Math.min(room, wanted - present));
    if (coming.length > 0) await add(coming, present + coming.length);
  };
  const { enabled } = kvmSchema.parse(await execute('query-kvm'));
  if (enabled) await fill(cpus.length);
  else await still(async () => await fill(roomForCpus(await readJit(execute), present, cpus.length)));
  return (await read()).filter((cpu) => cpu.present).length;
}

/** An earlier QEMU does not know the query. */
async function readJit(execute: Execute): Promise<string> {
  let jit: unknown;
  const asked = execute('x-query-jit').then((answer) => {
    jit = answer;
  });
  return (await accepted(asked)) ? jitSchema.parse(jit)['human-readable-text'] : '';
}

const guestCpusSchema = z.array(z.object({ 'logical-id': z.int(), online: z.boolean() }));
const lookEvery = 250;

/**
 * A guest may leave a new CPU offline: its agent switches on the CPUs that it finds, until the number is reached or the session's time is
 * over.
 */
export async function switchOnCpus(agent: Pick<AgentSession, 'execute'>, wanted: number): Promise<void> {
  for (;;) {
    const cpus = guestCpusSchema.parse(await agent.execute('guest-get-vcpus'));
    const off = cpus.filter(({ online }) => !online).map((cpu) => ({ 'logical-id': cpu['logical-id'], online: true }));
    if (off.length > 0) await agent.execute('guest-set-vcpus', { vcpus: off });
    if (cpus.length >= wanted) return;
    await delay(lookEvery);
  }
}
