/**
 * The running launch of a VM's QEMU, recorded on the node: it changes with parts that are added and removed while the VM runs, and its
 * hash with it.
 */
import { type Call, perform, run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { isHashOf, planHash, type VmLaunch } from '../../../model/node/plan.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { processName, vmFolders, vmUserId } from './identity.ts';
import { type LaunchRecord, launchRecordForm, readLaunchRecord, runningForm } from './launch-record.ts';
import { adoptLaunch } from './scripts.ts';

export interface RunningVm {
  launch: VmLaunch;
  record: LaunchRecord | null;
}

const showRunning = readScript(import.meta.url, 'scripts/show-running.sh');

/** Null where the VM was never started, was stopped, or was started by an earlier version of Croft, which recorded only the hash. */
function runningVm(folder: string): Call<RunningVm | null> {
  return {
    command: { argv: ['sh', '-c', showRunning, 'croft-running', folder] },
    parse({ code, stdout, stderr }) {
      if (code !== 0) throw unreadable(folder, stderr.trim());
      const [record = '', started, mark = '', kept = ''] = stdout.split('\n');
      if (started !== 'started' || (kept === '' && mark.includes(' '))) return null;
      const launch = readLaunch(kept, folder);
      if (launch === null || !isHashOf(mark.split(' ')[1] ?? null, launch)) throw unreadable(folder, `${folder}/started is damaged`);
      return { launch, record: readLaunchRecord(record, folder) };
    },
  };
}

/** An unread launch does not count as unknown: a VM with an unknown launch is restarted. */
function unreadable(folder: string, why: string): CroftError {
  return new CroftError('command.failed', `what the VM of ${folder} runs from cannot be read: ${why}`, {
    hint: 'Stop the VM and start it: it is known again then.',
  });
}

/** See `NodeHypervisor.runningLaunch`; for all drivers that keep the record in the VM's folder. */
export function runningLaunch(folder: string): Call<VmLaunch | null> {
  const { command, parse } = runningVm(folder);
  return { command, parse: (result) => parse(result)?.launch ?? null };
}

/** As `runningLaunch`, with the record. */
export async function readRunning(node: NodeReach, vm: VmReference): Promise<RunningVm | null> {
  const { host, layout } = node;
  const [running] = await perform(host, runningVm(vmFolders(layout, vm.id).state));
  return running;
}

/** Null for a line that is no record. Throws `conflict.changed` for a record that a newer Croft wrote. */
function readLaunch(line: string, folder: string): VmLaunch | null {
  try {
    return runningForm.read(line, folder);
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'conflict.changed') throw thrown;
    return null;
  }
}

/** From now on the VM runs from this launch; no change where it did so before. */
export async function adopt({ host, layout }: NodeReach, vm: VmReference, before: RunningVm, launch: VmLaunch): Promise<void> {
  const hash = planHash(launch);
  if (hash === planHash(before.launch)) return;
  const folders = vmFolders(layout, vm.id);
  const record = before.record === null ? '' : launchRecordForm.write({ ...before.record, hash });
  const identity = [String(vmUserId(vm.id)), processName(vm.id)];
  const result = await run(host, {
    argv: ['sh', '-c', adoptLaunch, 'croft-adopt', folders.state, folders.run, ...identity, hash, record],
    stdin: runningForm.write(launch),
  });
  if (result.code !== 0) throw diskFailure(`what VM ${vm.label} runs from could not be noted on ${host.name}`, result, host.name);
}

/** Records the running launch, so that the VM counts as running from the wanted one, and is not restarted. */
export async function note(node: NodeReach, vm: VmReference, change: (running: VmLaunch) => VmLaunch): Promise<void> {
  const running = await readRunning(node, vm);
  if (running !== null) await adopt(node, vm, running, change(running.launch));
}
