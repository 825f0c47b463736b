/** Ends one VM's process, by increasingly forceful means, and never another VM's process. */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type Host, run } from '../../../host/host.ts';
import { asCroftError, CroftError } from '../../../model/error.ts';
import { QmpSession } from '../../../tools/qmp.ts';
import type { NodeReach, StopTimes, VmReference } from '../driver.ts';
import { dropGroups, groupName, groupPlaces } from '../vm-folder/cgroups.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { endProcess, noteStopping, removeFolders, runsNot } from '../vm-folder/scripts.ts';
import { tellAgent } from './power.ts';

/** Time limit for QEMU's answer on its control socket, in ms. */
const controlTimeout = 2_000;
/** A guest that is still booting ignores the power button, so it is pressed again after this many ms. */
const pressEvery = 3_000;
/** Between the end of the control connection and that of the process, in ms. */
const closingTime = 2_000;

/** See `NodeHypervisor.stop`. Where a control socket is silent or broken, the next way is taken at once. */
export async function stopVm(
  node: NodeReach,
  vm: VmReference,
  times: StopTimes,
): Promise<'powered-down' | 'terminated' | 'killed' | 'not-running'> {
  const { host, layout } = node;
  const folders = vmFolders(layout, vm.id);
  const noted = await run(host, {
    argv: ['sh', '-c', noteStopping, 'croft-stop', folders.state, folders.run, String(vmUserId(vm.id)), processName(vm.id)],
  });
  const askedToPowerDown = noted.code === 0 && (await powerDown(node, vm, times.powerdown));
  const outcome = await endVmProcess(node, vm, { alone: askedToPowerDown ? closingTime : 0, terminate: times.terminate });
  if (outcome !== 'not-running' && outcome !== 'gone') return outcome;
  return noted.code === runsNot ? 'not-running' : 'powered-down';
}

/** See `NodeHypervisor.kill`. */
export async function killVm(node: NodeReach, vm: VmReference): Promise<boolean> {
  return (await endVmProcess(node, vm, { alone: 0, terminate: 0 })) !== 'not-running';
}

/** Ends the VM's process at once and removes its folders. */
export async function destroyVm(node: NodeReach, vm: VmReference): Promise<void> {
  const { host, layout } = node;
  await endVmProcess(node, vm, { alone: 0, terminate: 0 });
  const { state, run: runFolder } = vmFolders(layout, vm.id);
  const identity = [String(vmUserId(vm.id)), processName(vm.id)];
  const [result] = await host.batch([
    { argv: ['sh', '-c', removeFolders, 'croft-remove', state, runFolder, ...identity], timeout: 60_000 },
    { argv: ['sh', '-c', dropGroups, 'croft-groups', groupPlaces[0], groupName(layout.controllerId), vm.id] },
  ]);
  if (result?.code !== 0) throw failure(host, `the files of VM ${vm.label} could not be removed`, result?.stderr ?? '');
}

/** Consecutive sessions that end before QEMU answers: it is about to exit. */
const mostMute = 5;

/**
 * Asks the guest to power down and waits for QEMU's end. False where the guest could not be asked or did not obey in time. The session
 * may also end because the connection to the node was lost, so that QEMU has ended only where its socket no longer exists. Rejects with
 * `node.*` where the node is not reached again: its guest continues to shut down.
 */
async function powerDown(node: NodeReach, vm: VmReference, within: number): Promise<boolean> {
  const { host, layout } = node;
  const end = performance.now() + within;
  let [asked, mute] = [false, 0];
  while (performance.now() < end && mute < mostMute) {
    const stream = await connectTo(host, vmFolders(layout, vm.id).qmp);
    if (stream === null) return asked;
    const heard = await askUntil(node, vm, stream, end);
    if (heard === 'ignored' || (heard === 'mute' && !asked)) return false;
    mute = heard === 'mute' ? mute + 1 : 0;
    asked = true;
  }
  return mute === mostMute;
}

/** Null where no process answers at the socket. */
async function connectTo(host: Host, socket: string): Promise<Duplex | null> {
  try {
    return await host.connect(socket);
  } catch (thrown) {
    if (asCroftError(thrown).code.startsWith('node.')) throw thrown;
    return null;
  }
}

/**
 * One session: through the guest's agent and by the power button. A paused guest is resumed, since it would not notice the button.
 * `closed`: the session ended; `mute`: it ended before it began, or QEMU is silent; `ignored`: its time is over. `end`: ms, by the
 * monotonic clock.
 */
async function askUntil(node: NodeReach, vm: VmReference, stream: Duplex, end: number): Promise<'closed' | 'mute' | 'ignored'> {
  let session: QmpSession | undefined;
  const waiting = new AbortController();
  try {
    session = await QmpSession.open(stream, controlTimeout);
    const closed = session.closed.then(() => true);
    await session.execute('cont');
    await tellAgent(node, vm, session, 'powerdown');
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      await session.execute('system_powerdown');
      if (await Promise.race([closed, delay(Math.min(left, pressEvery), false, { signal: waiting.signal })])) return 'closed';
    }
    return 'ignored';
  } catch (thrown) {
    if (session === undefined) return 'mute';
    return asCroftError(thrown).code === 'vm.not-running' ? 'closed' : 'ignored';
  } finally {
    waiting.abort();
    session?.close();
  }
}

type Ending = 'gone' | 'terminated' | 'killed' | 'not-running';
const endings: readonly Ending[] = ['gone', 'terminated', 'killed', 'not-running'];

/** `alone`: ms to end by itself; `terminate`: ms after SIGTERM until SIGKILL. */
async function endVmProcess(node: NodeReach, vm: VmReference, times: { alone: number; terminate: number }): Promise<Ending> {
  const { host, layout } = node;
  const folders = vmFolders(layout, vm.id);
  const rounds = [times.alone, times.terminate].map((time) => String(Math.ceil(time / 50)));
  const { code, stdout, stderr } = await run(host, {
    argv: ['sh', '-c', endProcess, 'croft-end', folders.state, folders.run, String(vmUserId(vm.id)), processName(vm.id), ...rounds],
    timeout: times.alone + times.terminate + 60_000,
  });
  const ending = endings.find((known) => known === stdout.trim());
  if (code !== 0 || ending === undefined) throw failure(host, `the process of VM ${vm.label} could not be ended`, stderr);
  return ending;
}

function failure(host: Host, what: string, stderr: string): CroftError {
  return new CroftError('command.failed', `${what} on ${host.name}: ${stderr.trim()}`, { node: host.name });
}
