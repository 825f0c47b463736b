/** Ends one VM's domain, by increasingly forceful means. */
import { run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { noDomain, virshFailure } from '../../../tools/virsh.ts';
import type { StopTimes } from '../driver.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { removeFolders } from '../vm-folder/scripts.ts';
import { type DomainReach, domainArguments, domainState, onDomain } from './control.ts';
import type { Endings } from './endings.ts';
import { domainName } from './identity.ts';
import { forgetStart, noteEnd, removeDomain } from './scripts.ts';

/** A guest that is still booting ignores the power button, so it is pressed again after this many ms. */
const pressEvery = 3_000;
/** The end is reported where libvirt's events are received; each poll costs the node two processes. */
const lookEvery = 500;
const off: readonly string[] = ['shut off', 'crashed'];

/** See `NodeHypervisor.stop`. Rejects with `node.unfit` or `command.timeout` where libvirt does not answer. */
export async function stopVm(
  reach: DomainReach,
  times: StopTimes,
  endings: Endings,
): Promise<'powered-down' | 'terminated' | 'killed' | 'not-running'> {
  const { state, half } = await noteEndOf(reach);
  const how = off.includes(state) ? 'not-running' : await end(reach, state, half ? { ...times, powerdown: 0 } : times, endings);
  await forget(reach);
  return how;
}

/** See `NodeHypervisor.kill`. */
export async function killVm(reach: DomainReach): Promise<boolean> {
  const runs = !off.includes((await noteEndOf(reach)).state);
  if (runs) await destroyed(reach, [], 60);
  await forget(reach);
  return runs;
}

/** Ends the domain at once, and removes it and the VM's folders. */
export async function destroyVm(reach: DomainReach): Promise<void> {
  const { host, layout, vm } = reach;
  const domain = [...domainArguments(reach), domainName(vm.id)];
  const removed = await run(host, { argv: ['sh', '-c', removeDomain, 'croft-undefine', ...domain], timeout: 150_000 });
  if (removed.code !== 0 && removed.code !== noDomain) {
    throw virshFailure(host.name, `VM ${vm.label} could not be removed from ${host.name}`, removed);
  }
  await forget(reach);
  const { state, run: runFolder } = vmFolders(layout, vm.id);
  const result = await run(host, {
    argv: ['sh', '-c', removeFolders, 'croft-remove', state, runFolder, String(vmUserId(vm.id)), processName(vm.id)],
    timeout: 60_000,
  });
  if (result.code !== 0) throw virshFailure(host.name, `the files of VM ${vm.label} could not be removed from ${host.name}`, result);
}

/**
 * The domain's state before; `shut off` where there is none. `half`: the VM is half restored to a snapshot, so that its guest may not
 * run.
 */
async function noteEndOf(reach: DomainReach): Promise<{ state: string; half: boolean }> {
  const { host, layout, vm } = reach;
  const folders = vmFolders(layout, vm.id);
  const argv = ['sh', '-c', noteEnd, 'croft-stop', ...domainArguments(reach), folders.state, folders.run] as const;
  const result = await run(host, { argv, timeout: 45_000 });
  if (result.code === noDomain) return { state: 'shut off', half: false };
  if (result.code !== 0) throw virshFailure(host.name, `VM ${vm.label} could not be stopped on ${host.name}`, result);
  const [, half, state = ''] = /^(half )?(.*)$/.exec(result.stdout.trim()) ?? [];
  return { state, half: half !== undefined };
}

async function end(
  reach: DomainReach,
  state: string,
  times: StopTimes,
  endings: Endings,
): Promise<'powered-down' | 'terminated' | 'killed'> {
  if (times.powerdown > 0 && (await powerDown(reach, state, times.powerdown, endings))) return 'powered-down';
  if (times.terminate > 0 && (await destroyed(reach, ['--graceful'], Math.ceil(times.terminate / 1000)))) return 'terminated';
  await destroyed(reach, [], 60);
  return 'killed';
}

/** Presses the power button until the domain is off; false where it is not in time. A paused guest does not notice the button. */
async function powerDown(reach: DomainReach, state: string, within: number, endings: Endings): Promise<boolean> {
  if (state === 'paused') await unlessOff(onDomain(reach, 'resume'));
  const over = performance.now() + within;
  do {
    const pressAgain = Math.min(over, performance.now() + pressEvery);
    await unlessOff(onDomain(reach, 'shutdown', ['--mode', 'acpi']));
    do {
      await endings.await(reach.vm.id, Math.max(0, Math.min(lookEvery, pressAgain - performance.now())));
      if (off.includes(await domainState(reach))) return true;
    } while (performance.now() < pressAgain);
  } while (performance.now() < over);
  return false;
}

/** False where the process was asked to terminate and still runs. */
async function destroyed(reach: DomainReach, how: readonly string[], limit: number): Promise<boolean> {
  try {
    await unlessOff(onDomain(reach, 'destroy', how, { limit }));
    return true;
  } catch (thrown) {
    if (how.length > 0 && thrown instanceof CroftError && ['command.failed', 'command.timeout'].includes(thrown.code)) return false;
    throw thrown;
  }
}

/** A domain that ended meanwhile is in the wanted state. */
async function unlessOff(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!(thrown instanceof CroftError) || thrown.code !== 'vm.not-running') throw thrown;
  }
}

async function forget({ host, layout, vm }: DomainReach): Promise<void> {
  const { state, run: runFolder } = vmFolders(layout, vm.id);
  const argv = ['sh', '-c', forgetStart, 'croft-forget', state, runFolder, String(vmUserId(vm.id)), processName(vm.id)] as const;
  const result = await run(host, { argv });
  if (result.code !== 0) throw virshFailure(host.name, `VM ${vm.label} does not end on ${host.name}`, result);
}
