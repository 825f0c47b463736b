/** Observes all VMs of a controller on a node: one script with a few forks for any number of VMs, and the parser of its output. */
import type { Call, CommandResult } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import type { NodeLayout, ObservedVm } from '../driver.ts';
import { processName, vmParents, vmUserId } from '../vm-folder/identity.ts';
import { seeLaunchRecord } from '../vm-folder/launch-record.ts';

const look = readScript(import.meta.url, 'scripts/observe.awk');

const script = readScript(import.meta.url, 'scripts/observe.sh');

const identifiers = '[a-z2-7]'.repeat(16);

/** All VMs of this controller on the node. Folders whose names are not identifiers are ignored. */
export function observeVms(layout: NodeLayout): Call<ObservedVm[]> {
  const parents = vmParents(layout);
  return { command: { argv: ['sh', '-c', script, 'croft-observe', parents.state, parents.run, identifiers, look] }, parse: parseObserved };
}

interface SeenProcess {
  userId: number | null;
  name: string;
}

/** Reads the script's output; throws `command.failed` where the output is incomplete. */
export function parseObserved({ code, stdout, stderr }: CommandResult): ObservedVm[] {
  if (code !== 0) throw new CroftError('command.failed', `the VMs could not be listed: ${stderr.trim()}`);
  const vms = new Map<string, Map<string, string>>();
  const processes = new Map<number, SeenProcess>();
  for (const line of stdout.split('\n')) {
    if (line.startsWith('/proc/')) readProcess(line, processes);
    else readFile(line, vms);
  }
  return [...vms].map(([id, files]) => readVm(id, files, processes));
}

/** `ID/`, `ID/FILE` or `ID/FILE:LINE`. */
function readFile(line: string, vms: Map<string, Map<string, string>>): void {
  const [id = '', rest = ''] = cut(line, '/');
  if (!identifierPattern.test(id)) return;
  const files = vms.get(id) ?? new Map<string, string>();
  vms.set(id, files);
  const [name, first = ''] = cut(rest, ':');
  if (name !== undefined && name !== '') files.set(name, first);
}

/** `/proc/PID/FILE:WORDS`. */
function readProcess(line: string, processes: Map<number, SeenProcess>): void {
  const [, processId, file, words = ''] = /^\/proc\/(\d+)\/(status|cmdline):(.*)$/.exec(line) ?? [];
  if (processId === undefined) return;
  const process = processes.get(Number(processId)) ?? { userId: null, name: '' };
  processes.set(Number(processId), process);
  if (file === 'cmdline') process.name = words;
  else process.userId = Number(/^Uid:\t(\d+)\t/.exec(words)?.[1] ?? Number.NaN);
}

function cut(text: string, at: string): [string] | [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function readVm(id: string, files: ReadonlyMap<string, string>, processes: ReadonlyMap<number, SeenProcess>): ObservedVm {
  const { hash: record, ...strange } = seeLaunchRecord(files.get('launch.json') ?? '', id);
  const [startedAt, runningHash, , memory] = (files.get('started') ?? '').split(' ');
  const own = ownProcess(id, Number(files.get('pid')), processes);
  const stopping = files.has('stopping');
  if (own !== null) {
    const state = files.has('paused') ? 'paused' : 'running';
    const since = startedAt ? Number(startedAt) * 1000 : null;
    return {
      id,
      state,
      pid: own,
      startedAt: since,
      memory: memory ? Number(memory) : null,
      launchHash: runningHash ?? record,
      exitCode: null,
      ...(state === 'paused' && files.get('paused') === 'io-error' && { halted: 'disk-full' }),
      ...(files.has('frozen') && { frozen: true }),
      ...((stopping || files.has('reverting')) && { cutOff: true }),
    };
  }
  if (record === null) {
    return { id, state: 'preparing', pid: null, startedAt: null, memory: null, launchHash: null, exitCode: null, ...strange };
  }
  const end = stopping ? neverRan : readEnd({ exit: files.get('exit') ?? '', runningHash, record });
  return { id, ...end, pid: null, startedAt: null, memory: null, launchHash: record };
}

/** The VM's process: the one named by its pidfile, or else another process with the VM's user and name. */
function ownProcess(id: string, pid: number, processes: ReadonlyMap<number, SeenProcess>): number | null {
  const isOwn = ({ userId, name }: SeenProcess): boolean => userId === vmUserId(id) && name === processName(id);
  const recorded = processes.get(pid);
  if (recorded !== undefined && isOwn(recorded)) return pid;
  return [...processes].find(([, process]) => isOwn(process))?.[0] ?? null;
}

type End = Pick<ObservedVm, 'state' | 'exitCode'>;
const neverRan: End = { state: 'stopped', exitCode: null };

/**
 * How the process ended by itself. Records of an earlier launch say nothing about the recorded one. A VM that was started and has neither
 * a process nor an exit code was lost: with its node's power, or with its supervisor.
 */
function readEnd({ exit, runningHash, record }: { exit: string; runningHash: string | undefined; record: string }): End {
  const [code = '', endedHash] = exit.split(' ');
  if (code !== '') return endedHash === record ? { state: code === '0' ? 'stopped' : 'failed', exitCode: Number(code) } : neverRan;
  return runningHash === record ? { state: 'failed', exitCode: null } : neverRan;
}
