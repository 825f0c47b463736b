/** Other sizes for a VM: disks grow at once; CPUs are added and memory is taken or given back as far as the domain and its guest allow. */
import { setTimeout as delay } from 'node:timers/promises';
import { CroftError } from '../../model/error.ts';
import type { VmLaunch } from '../../model/node-plan.ts';
import type { Deferred } from './driver.ts';
import { withDiskSizes } from './launch-parts.ts';
import { type DomainReach, domainState, onDomain } from './libvirt-control.ts';
import { makeDisk } from './qemu-prepare.ts';
import { growingDisks } from './qemu-resize.ts';
import { adopt, readRunning } from './qemu-running.ts';

/** What a guest is given to let go of memory, in ms, and how often it is looked at. */
const balloonTime = 3_000;
const lookEvery = 250;

/** See `HypervisorDriver.resize`. */
export async function resizeVm(reach: DomainReach, vm: VmLaunch): Promise<Deferred> {
  const { host, layout } = reach;
  const running = await readRunning(host, layout, vm.id);
  const growing = await growingDisks(host, layout, running === null ? vm : withDiskSizes(running.launch, vm));
  if (['shut off', 'crashed'].includes(await domainState(reach))) {
    for (const { disk } of growing) await makeDisk(host, layout, vm.id, disk);
    return { atNextStart: [] };
  }
  for (const { disk, size } of growing) await onDomain(reach, 'blockresize', [disk.file, `${size}B`], { limit: 60 });
  if (running === null) return { atNextStart: ['cpus', 'memory'] };
  const { launch } = running;
  const cpus = launch.cpus === vm.cpus || (await granted(onDomain(reach, 'setvcpus', [String(vm.cpus), '--live'])));
  const memory = launch.memory === vm.memory || (await balloon(reach, launch.memory, vm.memory));
  const now = { cpus: cpus ? vm.cpus : launch.cpus, memory: memory ? vm.memory : launch.memory };
  await adopt(host, layout, running, { ...withDiskSizes(launch, vm), ...now });
  return { atNextStart: (['cpus', 'memory'] as const).filter((part) => now[part] !== vm[part]) };
}

/** False where libvirt refuses. */
async function granted(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'command.failed') return false;
    throw thrown;
  }
}

/** Asks the guest to live with that much memory, at most what the domain began with. Put back where the guest does not obey in time. */
async function balloon(reach: DomainReach, before: number, wanted: number): Promise<boolean> {
  const kibibytes = (bytes: number): string => String(Math.ceil(bytes / 1024));
  const ask = (bytes: number): Promise<string> => onDomain(reach, 'setmem', [kibibytes(bytes), '--live']);
  if (!(await granted(ask(wanted)))) return false;
  for (let left = balloonTime; left > 0; left -= lookEvery) {
    const [, actual] = /^actual (\d+)$/m.exec(await onDomain(reach, 'dommemstat')) ?? [];
    if (actual === kibibytes(wanted)) return true;
    await delay(lookEvery);
  }
  await ask(before);
  return false;
}
