/**
 * The effect of a specification's change on the VM in its present state: whether the VM runs, and which changes its hypervisor can make
 * meanwhile. Pure.
 */
import type { Capability } from './capability.ts';

export interface VmSituation {
  /**
   * at-rest: nothing runs, so the next start has all changes. changing: the state is in transition, so the VM is assumed to be restarted.
   */
  state: 'at-rest' | 'running' | 'changing';
  /** The capabilities of its node's hypervisor. */
  can: ReadonlySet<Capability>;
  /** The names of images that are CD-ROMs. */
  cdRoms: ReadonlySet<string>;
}

export const unknownSituation: VmSituation = { state: 'changing', can: new Set(), cdRoms: new Set() };

/** `recreate` loses the disk; `update` does not affect the process; the rest are ways in which the change reaches a running VM. */
export type VmEffect = 'update' | 'live' | 'offered' | 'next-start' | 'restart' | 'recreate';

/** How one field, or one entry of it, differs. `loses` names the losses although the VM itself stays. */
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

/**
 * For a device that is added or removed. A change that other parts of the slice depend on does not wait for a next start that is not
 * requested.
 */
export function deviceEffect(situation: VmSituation, capability: 'hotplug-nic' | 'hotplug-volume'): VmEffect {
  return situation.state === 'running' && situation.can.has(capability) ? 'live' : 'restart';
}

/** Whether the entries of both lists have the same order in both. */
export function sameOrder(before: readonly string[], after: readonly string[]): boolean {
  const [had, has] = [new Set(before), new Set(after)];
  const kept = after.filter((name) => had.has(name));
  return before.filter((name) => has.has(name)).every((name, index) => name === kept[index]);
}
