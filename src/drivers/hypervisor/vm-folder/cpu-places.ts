/** CPUs that a VM may be given while it runs; pure. */

/** Room for some more costs a guest next to nothing. */
const usualMost = 8;

/** How many a VM may have in the end that begins with `cpus`. */
export function mostCpus(cpus: number): number {
  return Math.max(cpus, usualMost);
}

/** What QEMU calls the CPU that came to that place. */
export function cpuDevice(place: number): string {
  return `cpu-${place}`;
}
