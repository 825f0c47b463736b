/** Other sizes for a VM: its disks grow and CPUs come at once, memory as far as its guest obeys; the rest is so at its next start. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Host, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { QmpSession } from '../../../tools/qmp.ts';
import type { Deferred, NodeLayout } from '../driver.ts';
import { addCpus, switchOnCpus, waysOf } from '../vm-folder/add-cpus.ts';
import { type Balloon, resizeGuest } from '../vm-folder/balloon.ts';
import { groupName, groupPlaces, weighGroups } from '../vm-folder/cgroups.ts';
import { type VmDisk, vmDisks } from '../vm-folder/disks.ts';
import { granted } from '../vm-folder/granted.ts';
import { withDiskSizes } from '../vm-folder/launch-parts.ts';
import { makeDisk } from '../vm-folder/prepare.ts';
import { adopt, readRunning } from '../vm-folder/running.ts';
import { balloonDevice } from './arguments.ts';
import { agentListens, whileRunning, withAgent } from './control.ts';

const showSizes = readScript(import.meta.url, 'scripts/show-sizes.sh');

/** See `HypervisorDriver.resize`. CPUs only come; memory is taken and given back by a balloon, at most what the VM began with. */
export async function resizeVm(host: Host, layout: NodeLayout, vm: VmLaunch): Promise<Deferred> {
  const running = await readRunning(host, layout, vm.id);
  const before = running?.launch ?? vm;
  const growing = await growingDisks(host, layout, running === null ? vm : withDiskSizes(before, vm));
  let [cpus, memory] = [before.cpus, before.memory];
  const live = await whileRunning(host, layout, vm.id, async (session) => {
    for (const { disk, size } of growing) await session.execute('block_resize', { 'node-name': disk.node, size }, 60_000);
    if (running === null) return;
    cpus = await addCpus(waysOf(host, layout, vm.id, session), vm.cpus);
    const obeys = memory === vm.memory || (await resizeGuest(balloonOf(session), memory, vm.memory));
    if (obeys) memory = vm.memory;
    if (cpus > before.cpus && (await agentListens(session))) {
      await withAgent(host, layout, vm.id, agentTime, (agent) => switchOnCpus(agent, cpus));
    }
  });
  if (!live) {
    for (const { disk } of growing) await makeDisk(host, layout, vm.id, disk);
    return { atNextStart: [] };
  }
  if (running === null) return { atNextStart: ['cpus', 'memory'] };
  if (cpus !== before.cpus) await weigh(host, layout, vm.id, cpus);
  const now = { ...withDiskSizes(before, vm), cpus, memory };
  await adopt(host, layout, running, now);
  return { atNextStart: (['cpus', 'memory'] as const).filter((part) => now[part] !== vm[part]) };
}

/** What the agent in a guest is given to switch CPUs on, in ms. */
const agentTime = 5_000;

const balloonSchema = z.object({ actual: z.number() });
const memorySchema = z.object({ 'base-memory': z.number() });

function balloonOf(session: QmpSession): Balloon {
  return {
    async ask(bytes) {
      const { 'base-memory': most } = memorySchema.parse(await session.execute('query-memory-size-summary'));
      return bytes <= most && (await granted(session.execute('balloon', { value: bytes })));
    },
    actual: async () => balloonSchema.parse(await session.execute('query-balloon')).actual,
    available: () => availableMemory(session),
  };
}

const balloonPath = `/machine/peripheral/${balloonDevice}`;
/** ms in which the balloon's driver in a guest says anew how it is, and how often that is looked for. */
const statisticsTime = 2_500;
const lookEvery = 100;

const statisticsSchema = z.object({ 'last-update': z.number(), stats: z.object({ 'stat-available-memory': z.number().optional() }) });

/** Asks the balloon's driver in the guest. The guest is not asked any further after that. */
async function availableMemory(session: QmpSession): Promise<number | null> {
  const read = async () => statisticsSchema.parse(await session.execute('qom-get', { path: balloonPath, property: 'guest-stats' }));
  const poll = (value: number) => session.execute('qom-set', { path: balloonPath, property: 'guest-stats-polling-interval', value });
  const { 'last-update': before } = await read();
  await poll(1);
  try {
    for (let time = 0; time < statisticsTime; time += lookEvery) {
      const { 'last-update': at, stats } = await read();
      const available = stats['stat-available-memory'];
      // QEMU has the largest number there is for what a guest does not say.
      if (at !== before) return available !== undefined && available >= 0 && Number.isSafeInteger(available) ? available : null;
      await delay(lookEvery);
    }
    return null;
  } finally {
    await poll(0);
  }
}

/** The share of the processors that goes with so many CPUs, where the VM has one. */
async function weigh(host: Host, { controllerId }: NodeLayout, vmId: string, cpus: number): Promise<void> {
  await run(host, { argv: ['sh', '-c', weighGroups, 'croft-weigh', groupPlaces[0], groupName(controllerId), vmId, String(cpus)] });
}

interface GrowingDisk {
  disk: VmDisk;
  /** Bytes. */
  size: number;
}

/** Those that are smaller than they are to be. Rejects with `input.invalid` for one that is larger. */
export async function growingDisks(host: Host, layout: NodeLayout, vm: VmLaunch): Promise<GrowingDisk[]> {
  const disks = vmDisks(layout, vm);
  const parameters = disks.flatMap(({ file, base }) => [file, base?.file ?? '', base?.format ?? '']);
  const result = await run(host, { argv: ['sh', '-c', showSizes, 'croft-sizes', ...parameters] });
  if (result.code !== 0) throw diskFailure(`the sizes of the disks of VM ${vm.id} cannot be read on ${host.name}`, result, host.name);
  const sizes = result.stdout.split('\n').map((line) => line.split(' ').map(Number));
  return disks.flatMap((disk, index) => {
    if (disk.size === null) return [];
    const [present = 0, least = 0] = sizes[index] ?? [];
    const size = Math.max(disk.size, least);
    if (size < present) throw tooSmall(host, vm, disk, present);
    return size === present ? [] : [{ disk, size }];
  });
}

function tooSmall(host: Host, vm: VmLaunch, { serial, size }: VmDisk, present: number): CroftError {
  const what = serial === null ? 'the disk' : `the volume ${serial}`;
  return new CroftError('input.invalid', `${what} of VM ${vm.id} has ${present} bytes on ${host.name} and cannot become ${size}`, {
    node: host.name,
    hint: 'A disk can only grow: give it at least the size that it has.',
  });
}
