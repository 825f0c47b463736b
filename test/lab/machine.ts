/** A lab machine: a process tree with namespaces of its own that begins and ends with one process. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { until } from '../support/until.ts';

/** First argument of every machine's first process. Set by exec itself, so a process is recognised from its start. */
const marker = 'croft-lab-machine';

export interface MachineName {
  lab: string;
  machine: string;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

interface MachineProcess extends MachineName {
  pid: number;
  /** Whether it is the first process of the machine's own PID namespace, not the `unshare` around it. */
  first: boolean;
}

/**
 * Starts a machine: `program` becomes the first process in new mount, UTS, network and PID namespaces and is given
 * MARKER, lab, machine and `folder` as arguments. Killing it ends everything inside, daemons and guests too.
 * With `outlive: false` the machine also ends when this process does, however it ends.
 * Resolves with the first process's id as seen from here.
 */
export async function startMachine(
  name: MachineName,
  program: readonly string[],
  options: { folder: string; logFile: string; outlive: boolean },
): Promise<number> {
  const tied = options.outlive ? [] : ['setpriv', '--pdeathsig', 'KILL'];
  const isolated = ['unshare', '--fork', '--kill-child=KILL', '--pid', '--mount-proc', '--mount', '--uts', '--net', '--'];
  const argv = [...tied, ...isolated, ...program, marker, name.lab, name.machine, options.folder];
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn('env', argv, { detached: true, stdio: ['ignore', log, log], cwd: '/', env: machineEnvironment() });
  closeSync(log);
  let ended = false;
  child.once('error', () => {
    ended = true;
  });
  child.once('exit', () => {
    ended = true;
  });
  child.unref();
  return await until(`${name.machine} has its namespaces`, async () => {
    if (ended) throw new Error(`${name.machine} ended while it started: ${await readFile(options.logFile, 'utf8')}`);
    return (await machineProcesses(name.lab)).find((process) => process.machine === name.machine && process.first)?.pid;
  });
}

/** The machines of a lab that run now. */
export async function runningMachines(lab: string): Promise<Map<string, number>> {
  const processes = await machineProcesses(lab);
  return new Map(processes.filter((process) => process.first).map((process) => [process.machine, process.pid]));
}

/** Ends machines at once, as a power cut would; resolves when nothing of them runs any more. */
export async function killMachines(lab: string, machine?: string): Promise<void> {
  await until(`${machine ?? `lab ${lab}`} has ended`, async () => {
    const left = (await machineProcesses(lab)).filter((process) => machine === undefined || process.machine === machine);
    for (const process of left) kill(process.pid);
    return left.length === 0 || undefined;
  });
}

/** Runs a program inside a machine, as root. */
export function runInside(pid: number, argv: readonly string[], stdin = ''): Promise<Ran> {
  return run(['nsenter', `--target=${pid}`, ...insideNamespaces, '--', ...argv], stdin);
}

/** Runs a program in a machine's network namespace only, so that it sees this machine's processes and files. */
export function runInNetwork(pid: number, argv: readonly string[]): Promise<Ran> {
  return run(['nsenter', `--net=/proc/${pid}/ns/net`, '--', ...argv]);
}

/** The argument list that runs a program inside a machine, for a terminal. */
export function insideCommand(pid: number, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', `--target=${pid}`, ...insideNamespaces, '--', ...argv];
}

const insideNamespaces = ['--mount', '--uts', '--net', '--pid', '--wd=/'];

/** Runs a program here; a non-zero exit is no rejection. */
export function run(argv: readonly [string, ...string[]], stdin = ''): Promise<Ran> {
  const [command, ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
  });
}

/** Runs a program here that must succeed; rejects with its own words. */
export async function must(ran: Promise<Ran>, what: string): Promise<string> {
  const { code, stdout, stderr } = await ran;
  if (code !== 0) throw new Error(`${what} failed (exit code ${code}): ${(stderr || stdout).trim()}`);
  return stdout;
}

async function machineProcesses(lab: string): Promise<MachineProcess[]> {
  const found: MachineProcess[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const process = await readMachineProcess(Number(entry));
    if (process?.lab === lab) found.push(process);
  }
  return found;
}

/** Null for every process that is no machine's, also for one that ended meanwhile. */
async function readMachineProcess(pid: number): Promise<MachineProcess | null> {
  try {
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const at = argv.indexOf(marker);
    const [lab, machine] = at < 1 ? [] : argv.slice(at + 1, at + 3);
    if (lab === undefined || machine === undefined) return null;
    // `NSpid` lists the process's id in each PID namespace that it is in, innermost last.
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const ids = /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? [];
    return { lab, machine, pid, first: ids.length > 1 && ids.at(-1) === '1' };
  } catch {
    return null;
  }
}

/** Nothing of the caller's environment but the mark by which a test run finds processes that it left behind. */
function machineEnvironment(): Record<string, string> {
  const { CROFT_TEST_RUN } = process.env;
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return { PATH: path, HOME: '/root', LANG: 'C.UTF-8', ...(CROFT_TEST_RUN === undefined ? {} : { CROFT_TEST_RUN }) };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
