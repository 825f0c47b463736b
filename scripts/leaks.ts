/** What a test run must not leave behind on the machine: processes, interfaces, namespaces, mounts, lab files. */
import { readdir, readFile } from 'node:fs/promises';

/** In the environment of everything that a run starts; inherited by daemons too. */
export const runVariable = 'CROFT_TEST_RUN';

/** Sorted words, one per thing. */
export async function readMachine(): Promise<Set<string>> {
  const list = async (folder: string, kind: string) => (await readdir(folder).catch(() => [])).map((entry) => `${kind} ${entry}`);
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').flatMap((line) => line.split(' ')[4] ?? []);
  return new Set([
    ...(await list('/sys/class/net', 'interface')),
    ...(await list('/run/netns', 'network namespace')),
    ...(await list('/var/lib/croft-lab', 'lab')),
    ...mounts.map((folder) => `mount ${folder}`),
  ]);
}

/** Processes that still run and were started by the run. */
export async function processesOf(run: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`${runVariable}=${run}`)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    found.push({ pid, command: command.replaceAll('\0', ' ').trim() });
  }
  return found;
}
