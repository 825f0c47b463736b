/** What a VM's QEMU runs from, kept on the node: it changes with what comes and goes while the VM runs, and its hash with it. */
import { type Host, run } from '../../host/host.ts';
import { planHash, type VmLaunch } from '../../model/node-plan.ts';
import { diskFailure } from '../../tools/qemu-img.ts';
import type { NodeLayout } from './driver.ts';
import { processName, vmFolders, vmUserId } from './identity.ts';
import { type LaunchRecord, readLaunchRecord } from './launch-record.ts';
import { adoptLaunch, showRunning } from './qemu-scripts.ts';

export interface RunningVm {
  launch: VmLaunch;
  record: LaunchRecord | null;
}

/** Null where it does not run, or was started by an earlier version of Croft, which kept only the hash. */
export async function readRunning(host: Host, layout: NodeLayout, vmId: string): Promise<RunningVm | null> {
  const { stdout } = await run(host, { argv: ['sh', '-c', showRunning, 'croft-running', vmFolders(layout, vmId).state] });
  const [record = '', started = '', kept = ''] = stdout.split('\n');
  const launch = readLaunch(kept);
  if (launch === null || planHash(launch) !== started.split(' ')[1]) return null;
  return { launch, record: readLaunchRecord(record) };
}

/** Only what has the hash that was noted is taken for a launch, so that its shape needs no other check. */
function readLaunch(line: string): VmLaunch | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'ports' in value && Array.isArray(value.ports) ? (value as VmLaunch) : null;
  } catch {
    return null;
  }
}

/** From now on the VM runs from this; it did so before where it is the same. */
export async function adopt(host: Host, layout: NodeLayout, before: RunningVm, launch: VmLaunch): Promise<void> {
  const hash = planHash(launch);
  if (hash === planHash(before.launch)) return;
  const folders = vmFolders(layout, launch.id);
  const record = before.record === null ? '' : JSON.stringify({ ...before.record, hash });
  const identity = [String(vmUserId(launch.id)), processName(launch.id)];
  const result = await run(host, {
    argv: ['sh', '-c', adoptLaunch, 'croft-adopt', folders.state, folders.run, ...identity, hash, record],
    stdin: JSON.stringify(launch),
  });
  if (result.code !== 0) throw diskFailure(`what VM ${launch.id} runs from could not be noted on ${host.name}`, result);
}

/** Notes what runs now, so that it is known for what is wanted, and is not restarted. */
export async function note(host: Host, layout: NodeLayout, vmId: string, change: (running: VmLaunch) => VmLaunch): Promise<void> {
  const running = await readRunning(host, layout, vmId);
  if (running !== null) await adopt(host, layout, running, change(running.launch));
}

/** The running launch with a part of the wanted one, in the place that it has there. */
export function withPart<T>(running: readonly T[], wanted: readonly T[], part: T, idOf: (part: T) => string): T[] {
  const order = wanted.map(idOf);
  const others = running.filter((other) => idOf(other) !== idOf(part));
  const before = new Set(order.slice(0, order.indexOf(idOf(part))));
  const place = others.findLastIndex((other) => before.has(idOf(other))) + 1;
  return others.toSpliced(place, 0, part);
}
