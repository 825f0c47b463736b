/**
 * Changes the sizes of a VM: disks grow at once; CPUs are added and memory is taken or returned as far as the domain and its guest allow.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { Deferred } from '../driver.ts';
import { accepted } from '../vm-folder/accepted.ts';
import { addCpus, type CpuWays } from '../vm-folder/add-cpus.ts';
import { type Balloon, resizeGuest } from '../vm-folder/balloon.ts';
import { growingDisks } from '../vm-folder/growing-disks.ts';
import { withDiskSizes } from '../vm-folder/launch-parts.ts';
import { makeDisk } from '../vm-folder/prepare.ts';
import { adopt, readRunning } from '../vm-folder/running.ts';
import { type DomainReach, domainState, monitor, onDomain, resumeDomain } from './control.ts';
import { limitCpus } from './limits.ts';

/** See `NodeHypervisor.resize`. */
export async function resizeVm(reach: DomainReach, wanted: VmLaunch): Promise<Deferred> {
  const running = await readRunning(reach, reach.vm);
  const growing = await growingDisks(reach, { ...reach.vm, launch: running === null ? wanted : withDiskSizes(running.launch, wanted) });
  if (['shut off', 'crashed'].includes(await domainState(reach))) {
    for (const { disk } of growing) await makeDisk(reach, reach.vm, disk);
    return { atNextStart: [] };
  }
  for (const { disk, size } of growing) await onDomain(reach, 'blockresize', [disk.file, `${size}B`], { limit: 60 });
  if (running === null) return { atNextStart: ['cpus', 'memory'] };
  const { launch } = running;
  const cpus = await addCpus(waysOf(reach), wanted.cpus);
  if (cpus > launch.cpus) {
    await limitCpus(reach, cpus);
    // A guest may leave a new CPU offline, and its agent switches it on.
    await accepted(onDomain(reach, 'setvcpus', [String(cpus), '--guest']));
  }
  const obeys = launch.memory === wanted.memory || (await resizeGuest(balloonOf(reach), launch.memory, wanted.memory));
  const now = { cpus, memory: obeys ? wanted.memory : launch.memory };
  await adopt(reach, reach.vm, running, { ...withDiskSizes(launch, wanted), ...now });
  return { atNextStart: (['cpus', 'memory'] as const).filter((part) => now[part] !== wanted[part]) };
}

function waysOf(reach: DomainReach): CpuWays {
  return {
    execute: (command) => monitor(reach, command, {}, 10_000),
    async still(work) {
      const runs = (await domainState(reach)) === 'running';
      if (runs) await onDomain(reach, 'suspend');
      try {
        await work();
      } finally {
        if (runs) await resumeDomain(reach);
      }
    },
    add: async (_, count) => void (await accepted(onDomain(reach, 'setvcpus', [String(count), '--live']))),
  };
}

function balloonOf(reach: DomainReach): Balloon {
  const read = async () => readMemory(await onDomain(reach, 'dommemstat'));
  return {
    ask: (bytes) => accepted(onDomain(reach, 'setmem', [String(Math.ceil(bytes / 1024)), '--live'])),
    actual: async () => (await read()).get('actual') ?? Number.NaN,
    available: () => availableMemory(reach, read),
  };
}

/** ms within which the balloon driver in a guest updates its values, and the interval of the checks for an update. */
const statisticsTime = 3_000;
const lookEvery = 250;

/** Polls the balloon driver in the guest, which reports once a second while polled. */
async function availableMemory(reach: DomainReach, read: () => Promise<Map<string, number>>): Promise<number | null> {
  const ask = (seconds: number) => accepted(onDomain(reach, 'dommemstat', ['--period', String(seconds), '--live']));
  const before = (await read()).get('last_update');
  if (!(await ask(1))) return null;
  try {
    const over = performance.now() + statisticsTime;
    while (performance.now() < over) {
      await delay(lookEvery);
      const said = await read();
      if (said.get('last_update') !== before) return said.get('usable') ?? null;
    }
    return null;
  } finally {
    await ask(0);
  }
}

/** The output of `dommemstat`, in bytes; except `last_update`, in seconds. */
export function readMemory(stdout: string): Map<string, number> {
  const values = stdout.matchAll(/^([a-z_]+) (\d+)$/gm);
  return new Map([...values].map(([, key = '', value]) => [key, Number(value) * (key === 'last_update' ? 1 : 1024)]));
}
