/** Observes all VMs of a controller on a node with zones: one script with two forks for any number of VMs, and the parser of its output. */
import type { Call, CommandResult } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import { type ListedZone, readListedZone } from '../../../tools/zoneadm.ts';
import type { NodeLayout, ObservedVm } from '../driver.ts';
import { seeLaunchRecord } from '../vm-folder/launch-record.ts';
import { vmOfZone } from './names.ts';

const script = readScript(import.meta.url, 'scripts/observe.sh');

/** All VMs of this controller on the node; foreign zones are left out, whatever their names. */
export function observeZones(layout: NodeLayout): Call<ObservedVm[]> {
  const argv = ['sh', '-c', script, 'croft-observe', `${layout.stateFolder}/vms`, `${layout.stateFolder}/zones`] as const;
  return { command: { argv }, parse: (result) => parseObserved(layout, result) };
}

/** Reads the script's output; throws `command.failed` where the output is incomplete. */
export function parseObserved(layout: NodeLayout, { code, stdout, stderr }: CommandResult): ObservedVm[] {
  if (code !== 0) throw new CroftError('command.failed', `the zones could not be listed: ${stderr.trim()}`);
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  const zones = new Map<string, ListedZone>();
  for (const [kind, ...rest] of lines) {
    const zone = kind === 'zone' ? readListedZone(rest.join('\t')) : null;
    const id = zone === null ? null : vmOfZone(layout, zone);
    if (zone !== null && id !== null) zones.set(id, zone);
  }
  const boot = lines.find(([kind]) => kind === 'boot')?.[1] ?? '';
  const recorded = lines.filter(([kind, id = '']) => kind === 'vm' && identifierPattern.test(id));
  const known = new Set(recorded.map(([, id]) => id));
  const strays = [...zones.keys()].filter((id) => !known.has(id)).map((id) => ['vm', id]);
  return [...recorded, ...strays].map((fields) => readVm(fields, zones, boot));
}

function readVm(fields: readonly string[], zones: ReadonlyMap<string, ListedZone>, boot: string): ObservedVm {
  const [, id = '', stopping = '', exit = '', mark = '', ...rest] = fields;
  const { hash: record, ...strange } = seeLaunchRecord(rest.join('\t'), id);
  const [startedAt, startedHash, startedBoot] = mark.split(' ');
  const state = zones.get(id)?.state ?? 'configured';
  const none = { pid: null, startedAt: null, memory: null, exitCode: null };
  if (state === 'configured' || state === 'incomplete' || (state === 'installed' && record === null)) {
    return { id, state: 'preparing', ...none, launchHash: null, ...strange };
  }
  if (state !== 'installed') {
    const since = startedAt ? Number(startedAt) * 1000 : null;
    return { id, state: 'running', ...none, startedAt: since, launchHash: startedHash || record };
  }
  if (stopping === 'yes' || !startedAt || startedHash !== record) return { id, state: 'stopped', ...none, launchHash: record };
  return { id, ...none, ...readEnd(exit, startedBoot === boot), launchHash: record };
}

/**
 * How a VM ended by itself. bhyve's exit codes: 0 a reset, 1 the guest powered off, 2 it halted, 3 a triple fault, 4 an error; negative
 * after a signal. Only the older brand, a program around bhyve, notes them in its log (omniosorg/pkg5, src/brand/bhyve/init). The newer
 * brand does not, and then a guest counts as powered off, which is by far the most frequent end. A VM that was running when its node went
 * down was lost with the node.
 */
function readEnd(exit: string, sameBoot: boolean): Pick<ObservedVm, 'state' | 'exitCode'> {
  const told = /^-?\d+$/.test(exit);
  if (!told && !sameBoot) return { state: 'failed', exitCode: null };
  const code = told ? Number(exit) : 1;
  if (code === 1 || code === 2) return { state: 'stopped', exitCode: 0 };
  return { state: 'failed', exitCode: code < 0 ? 128 - code : code };
}
