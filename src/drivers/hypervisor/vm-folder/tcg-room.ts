/**
 * Room for more CPUs in a QEMU that emulates them. Each CPU has its own region of the buffer for translated code; a CPU added when all
 * regions are taken ends the process, and its guest with it (tcg_region_initial_alloc in QEMU's tcg/region.c). Regions become free only
 * when the whole buffer is flushed, which QEMU does when it is full. So the free regions must be counted before a CPU is added, and none
 * may be taken in between: the guest is paused meanwhile.
 */

/** QEMU makes regions no smaller, unless there would be fewer regions than CPUs. */
const leastRegion = 2 * 1024 ** 2;
/** Regions differ by a few pages. */
const unevenness = 64 * 1024;

/**
 * The number of CPUs that may be added; 0 where that cannot be known. `jit` is QEMU's description of its buffer, `present` and `most`
 * count CPUs.
 */
export function roomForCpus(jit: string, present: number, most: number): number {
  const [, used, all] = /^gen code size +(\d+)\/(\d+)$/m.exec(jit)?.map(Number) ?? [];
  if (used === undefined || all === undefined) return 0;
  const regions = Math.max(Math.round(all / leastRegion), most);
  const full = Math.floor((used + unevenness) / (all / regions));
  return Math.max(0, Math.min(regions - full - present, most - present));
}
