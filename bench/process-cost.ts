/** What a process costs, as the kernel counts it. */
import { readFile } from 'node:fs/promises';

/** sysconf(_SC_CLK_TCK), the same on all of Linux. */
const ticksPerSecond = 100;

/** User and system time of a process, in ms; proc(5), /proc/pid/stat. */
export async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The program's name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Of 10⁶ bytes. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}
