/**
 * Room for more CPUs in a QEMU that emulates them. Each has a region of its own of the buffer for translated code; one that comes
 * when all are taken ends the process, and its guest with it (tcg_region_initial_alloc in QEMU's tcg/region.c). Regions come
 * free only when the whole buffer is dropped, which QEMU does when it is full. So nobody may come before it was looked, and none
 * may be taken between that and its coming: the guest is held still meanwhile.
 */

/** QEMU makes them not smaller, unless there would be fewer than CPUs. */
const leastRegion = 2 * 1024 ** 2;
/** Regions differ by a few pages. */
const unevenness = 64 * 1024;

/** How many more CPUs may come; 0 where that cannot be known. `jit` is what QEMU says of its buffer, `present` and `most` count CPUs. */
export function roomForCpus(jit: string, present: number, most: number): number {
  const [, used, all] = /^gen code size +(\d+)\/(\d+)$/m.exec(jit)?.map(Number) ?? [];
  if (used === undefined || all === undefined) return 0;
  const regions = Math.max(Math.round(all / leastRegion), most);
  const full = Math.floor((used + unevenness) / (all / regions));
  return Math.max(0, Math.min(regions - full - present, most - present));
}
