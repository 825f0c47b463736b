/**
 * Changes the sizes of a VM: its disks grow and CPUs are added at once, memory changes as far as its guest obeys; the rest takes effect
 * at its next start.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { run } from '../../../host/host.ts';
import type { QmpSession } from '../../../tools/qmp.ts';
import type { Deferred, NodeReach, VmReference, VmWithLaunch } from '../driver.ts';
import { accepted } from '../vm-folder/accepted.ts';
import { addCpus, type CpuWays, switchOnCpus } from '../vm-folder/add-cpus.ts';
import { type Balloon, resizeGuest } from '../vm-folder/balloon.ts';
import { groupName, groupPlaces, weighGroups } from '../vm-folder/cgroups.ts';
import { growingDisks } from '../vm-folder/growing-disks.ts';
import { withDiskSizes } from '../vm-folder/launch-parts.ts';
import { makeDisk } from '../vm-folder/prepare.ts';
import { adopt, readRunning } from '../vm-folder/running.ts';
import { balloonDevice, cpuDevice } from './arguments.ts';
import { agentListens, whileRunning, withAgent } from './control.ts';
import { notePause } from './power.ts';

/** See `NodeHypervisor.resize`. CPUs are only added; memory is taken and returned by a balloon, at most what the VM began with. */
export async function resizeVm(node: NodeReach, vm: VmWithLaunch): Promise<Deferred> {
  const { launch } = vm;
  const running = await readRunning(node, vm);
  const before = running?.launch ?? launch;
  const growing = await growingDisks(node, { ...vm, launch: running === null ? launch : withDiskSizes(before, launch) });
  let [cpus, memory] = [before.cpus, before.memory];
  const live = await whileRunning(node, vm, async (session) => {
    for (const { disk, size } of growing) await session.execute('block_resize', { 'node-name': disk.node, size }, 60_000);
    if (running === null) return;
    cpus = await addCpus(waysOf(node, vm, session), launch.cpus);
    const obeys = memory === launch.memory || (await resizeGuest(balloonOf(session), memory, launch.memory));
    if (obeys) memory = launch.memory;
    if (cpus > before.cpus && (await agentListens(session))) {
      await withAgent(node, vm, agentTime, (agent) => switchOnCpus(agent, cpus));
    }
  });
  if (!live) {
    for (const { disk } of growing) await makeDisk(node, vm, disk);
    return { atNextStart: [] };
  }
  if (running === null) return { atNextStart: ['cpus', 'memory'] };
  if (cpus !== before.cpus) await weigh(node, vm, cpus);
  const now = { ...withDiskSizes(before, launch), cpus, memory };
  await adopt(node, vm, running, now);
  return { atNextStart: (['cpus', 'memory'] as const).filter((part) => now[part] !== launch[part]) };
}

const statusSchema = z.object({ running: z.boolean() });

/** By QEMU's control socket. */
function waysOf(node: NodeReach, vm: VmReference, session: QmpSession): CpuWays {
  return {
    execute: (command) => session.execute(command),
    async still(work) {
      const { running } = statusSchema.parse(await session.execute('query-status'));
      if (running) await session.execute('stop');
      try {
        await work();
      } finally {
        if (running) {
          await session.execute('cont');
          await notePause(node, vm, session, null);
        }
      }
    },
    async add(cpus) {
      for (const { driver, props, place } of cpus) {
        if (!(await accepted(session.execute('device_add', { driver, id: cpuDevice(place), ...props })))) return;
      }
    },
  };
}

/** Time limit for the agent in a guest to switch CPUs on, in ms. */
const agentTime = 5_000;

const balloonSchema = z.object({ actual: z.number() });
const memorySchema = z.object({ 'base-memory': z.number() });

function balloonOf(session: QmpSession): Balloon {
  return {
    async ask(bytes) {
      const { 'base-memory': most } = memorySchema.parse(await session.execute('query-memory-size-summary'));
      return bytes <= most && (await accepted(session.execute('balloon', { value: bytes })));
    },
    actual: async () => balloonSchema.parse(await session.execute('query-balloon')).actual,
    available: () => availableMemory(session),
  };
}

const balloonPath = `/machine/peripheral/${balloonDevice}`;
/** ms within which the balloon driver in a guest updates its values, and the interval of the checks for an update. */
const statisticsTime = 2_500;
const lookEvery = 100;

const statisticsSchema = z.object({ 'last-update': z.number(), stats: z.object({ 'stat-available-memory': z.number().optional() }) });

/** Polls the balloon driver in the guest. Polling ends after the answer. */
async function availableMemory(session: QmpSession): Promise<number | null> {
  const read = async () => statisticsSchema.parse(await session.execute('qom-get', { path: balloonPath, property: 'guest-stats' }));
  const poll = (value: number) => session.execute('qom-set', { path: balloonPath, property: 'guest-stats-polling-interval', value });
  const { 'last-update': before } = await read();
  await poll(1);
  try {
    for (let time = 0; time < statisticsTime; time += lookEvery) {
      const { 'last-update': at, stats } = await read();
      const available = stats['stat-available-memory'];
      // QEMU reports the largest possible number for values that the guest does not report.
      if (at !== before) return available !== undefined && available >= 0 && Number.isSafeInteger(available) ? available : null;
      await delay(lookEvery);
    }
    return null;
  } finally {
    await poll(0);
  }
}

/** The processor share for this number of CPUs, where the VM has a share. */
async function weigh({ host, layout: { controllerId } }: NodeReach, vm: VmReference, cpus: number): Promise<void> {
  await run(host, { argv: ['sh', '-c', weighGroups, 'croft-weigh', groupPlaces[0], groupName(controllerId), vm.id, String(cpus)] });
}
