/** Observes all VMs of a controller that libvirt runs on a node, in one round trip; pure except for the script. */
import type { Call, CommandResult } from '../../../host/host.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import { type DomainState, domainStates, virshFailure } from '../../../tools/virsh.ts';
import type { NodeLayout, ObservedVm } from '../driver.ts';
import { vmParents } from '../vm-folder/identity.ts';
import { seeLaunchRecord } from '../vm-folder/launch-record.ts';
import { type LibvirtOptions, metadataNamespace, readMetadata } from './identity.ts';
import { observeDomains } from './scripts.ts';

/**
 * All VMs of this controller: VMs with folders, and domains of this controller without folders. Parsing throws `node.unfit`,
 * `command.timeout`.
 */
export function observeVms(layout: NodeLayout, { uri }: LibvirtOptions): Call<ObservedVm[]> {
  const { state, run } = vmParents(layout);
  return {
    command: { argv: ['sh', '-c', observeDomains, 'croft-observe', state, run, uri, metadataNamespace], timeout: 60_000 },
    parse: (result) => parseObserved(layout, result),
  };
}

interface Domain {
  state: DomainState;
  reason: number;
}

/** The traces of one VM on the node. */
interface Seen {
  pid: number | null;
  ended: string;
  notes: readonly string[];
  started: string;
  record: string | null;
  strange: Pick<ObservedVm, 'unreadable'>;
}

const nothing: Seen = { pid: null, ended: '', notes: [], started: '', record: null, strange: {} };

export function parseObserved(layout: NodeLayout, result: CommandResult): ObservedVm[] {
  if (result.code !== 0) throw virshFailure('this node', 'the VMs could not be listed', result);
  const folders = new Map<string, Seen>();
  const domains = new Map<string, Domain>();
  const endings = new Map<string, string>();
  for (const line of result.stdout.split('\n')) {
    const [kind, id = '', ...fields] = line.split('\t');
    if (!identifierPattern.test(id)) continue;
    if (kind === 'vm') folders.set(id, readSeen(id, fields));
    if (kind === 'domain') domains.set(id, { state: domainStates[Number(fields[0])] ?? 'none', reason: Number(fields[1]) });
    if (kind === 'ended') endings.set(id, fields[0] ?? '');
  }
  const own = ownDomains(layout, result.stdout);
  const ids = new Set([...folders.keys(), ...own]);
  return [...ids].map((id) => {
    const seen = folders.get(id) ?? nothing;
    return readVm(id, { ...seen, ended: endings.get(id) ?? seen.ended }, own.has(id) ? domains.get(id) : undefined);
  });
}

function readSeen(id: string, [pid = '', ended = '', notes = '', started = '', ...record]: readonly string[]): Seen {
  const { hash, ...strange } = seeLaunchRecord(record.join('\t'), id);
  return { pid: pid === '' ? null : Number(pid), ended, notes: notes.split(' '), started, record: hash, strange };
}

/** The names of the domains whose metadata name this controller. Metadata follow `<of NAME>`. */
function ownDomains({ controllerId }: NodeLayout, stdout: string): Set<string> {
  const [told = ''] = stdout.split('<end>');
  const [, ...parts] = told.split(/<of ([a-z2-7]{16})>/);
  const own = new Set<string>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [name = '', metadata = ''] = parts.slice(index, index + 2);
    const mark = metadata.trim() === '' ? null : readMetadata(metadata.trim());
    if (mark?.controllerId === controllerId && mark.vmId === name) own.add(name);
  }
  return own;
}

/** Pause reasons that pass by themselves: migration, save, dump, shutting down, snapshot, starting up. */
const passing: readonly number[] = [2, 3, 4, 8, 9, 11];
/** QEMU is configured to pause a guest where a disk has no room, and to report other errors to the guest. */
const ioError = 5;
const alive: Partial<Record<DomainState, 'running' | 'paused'>> = {
  running: 'running',
  blocked: 'running',
  shutdown: 'running',
  paused: 'paused',
  // Suspended by its own guest, which no resuming wakes: libvirt refuses that.
  suspended: 'running',
};

function readVm(id: string, seen: Seen, domain: Domain | undefined): ObservedVm {
  const [since = '', runningHash = null, , memory = ''] = seen.started === '' ? [] : seen.started.split(' ');
  const live = domain === undefined ? undefined : alive[domain.state];
  if (domain !== undefined && live !== undefined) {
    const state = live === 'paused' && passing.includes(domain.reason) ? 'running' : live;
    const startedAt = since === '' ? null : Number(since) * 1000;
    return {
      id,
      state,
      pid: seen.pid,
      startedAt,
      memory: memory === '' ? null : Number(memory),
      launchHash: runningHash ?? seen.record,
      exitCode: null,
      ...(seen.notes.some((note) => note === 'stopping' || note === 'reverting') && { cutOff: true }),
      ...(live === 'paused' && domain.reason === ioError && { halted: 'disk-full' }),
      ...(seen.notes.includes('frozen') && { frozen: true }),
    };
  }
  const gone = { id, pid: null, startedAt: null, memory: null, launchHash: seen.record };
  if (seen.record === null) return { ...gone, state: 'preparing', exitCode: null, ...seen.strange };
  return { ...gone, ...(seen.notes.includes('stopping') ? neverRan : readEnd(seen, runningHash)) };
}

type End = Pick<ObservedVm, 'state' | 'exitCode'>;
const neverRan: End = { state: 'stopped', exitCode: null };

/**
 * How the VM ended by itself. Records of an earlier launch say nothing about the recorded one. libvirt does not report a process's exit
 * code. A VM that was started and has no trace in libvirt was lost with its node's power, or with its daemon's memory.
 */
function readEnd({ ended, started, record }: Seen, runningHash: string | null): End {
  const [how, ...mark] = ended.split(' ');
  if (runningHash === null || runningHash !== record) return readMoved(ended, record);
  if (how === '0' && mark.join(' ') === started) return { state: 'stopped', exitCode: 0 };
  return { state: 'failed', exitCode: null };
}

/** A VM that came from another node brings the record of its end there, as `code hash`. */
function readMoved(ended: string, record: string | null): End {
  const [code = '', hash] = ended.split(' ');
  if (hash !== record || !/^\d+$/.test(code)) return neverRan;
  return { state: code === '0' ? 'stopped' : 'failed', exitCode: Number(code) };
}
