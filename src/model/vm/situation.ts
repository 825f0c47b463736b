/** What a change of a VM's specification means for the VM as it is: does it run, and what can its hypervisor do meanwhile? Pure. */
import type { Capability } from './capability.ts';

export interface VmSituation {
  /** at-rest: nothing runs, so the next start has all of it. changing: nobody can say yet, so that it is taken to be started anew. */
  state: 'at-rest' | 'running' | 'changing';
  /** What the hypervisor of its node is able to do. */
  can: ReadonlySet<Capability>;
  /** The names of images that are CD-ROMs. */
  cdRoms: ReadonlySet<string>;
}

export const unknownSituation: VmSituation = { state: 'changing', can: new Set(), cdRoms: new Set() };

/** `recreate` loses the disk; `update` is no matter of the process; the rest are ways in which a VM that runs comes to the change. */
export type VmEffect = 'update' | 'live' | 'offered' | 'next-start' | 'restart' | 'recreate';

/** How one field differs, or one entry of it. `loses` says what is lost although the VM itself stays. */
export interface PartDifference {
  effect: VmEffect;
  from: string | null;
  to: string | null;
  loses?: 'its data';
}

export interface DifferenceContext {
  situation: VmSituation;
  /** Networks that get another subnet, by name, with their subnets. */
  moved: ReadonlyMap<string, { from: string | null; to: string | null }>;
}

/** Of CPUs and memory. */
export function sizeEffect(situation: VmSituation): VmEffect {
  if (situation.state !== 'running') return 'restart';
  return situation.can.has('live-size') ? 'offered' : 'next-start';
}

/** Of a disk or volume that becomes larger. */
export function growthEffect(situation: VmSituation): VmEffect {
  if (situation.state !== 'running') return 'restart';
  return situation.can.has('live-disk') ? 'live' : 'next-start';
}

/** Of a device that comes or goes. What other parts of the slice build on does not wait for a next start that nobody asks for. */
export function deviceEffect(situation: VmSituation, capability: 'hotplug-nic' | 'hotplug-volume'): VmEffect {
  return situation.state === 'running' && situation.can.has(capability) ? 'live' : 'restart';
}

/** Whether those that are in both lists come in the same order in both. */
export function sameOrder(before: readonly string[], after: readonly string[]): boolean {
  const [had, has] = [new Set(before), new Set(after)];
  const kept = after.filter((name) => had.has(name));
  return before.filter((name) => has.has(name)).every((name, index) => name === kept[index]);
}
