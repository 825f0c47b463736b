/** Pausing and rebooting a VM whose QEMU runs. */
import { z } from 'zod';
import { run } from '../../../host/host.ts';
import type { QmpSession } from '../../../tools/qmp.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { notePaused } from '../vm-folder/scripts.ts';
import { agentListens, withAgent, withControl } from './control.ts';

/** Time limit for the agent to accept a request, in ms. */
const agentTimeout = 2_000;

/** A pause is noted in the run folder, since observing asks no QEMU. A caller that finds another state than noted updates the note. */
export async function pauseVm(node: NodeReach, vm: VmReference): Promise<void> {
  await withControl(node, vm, async (session) => {
    await session.execute('stop');
    await note(node, vm, 'paused');
  });
}

export async function resumeVm(node: NodeReach, vm: VmReference): Promise<void> {
  await withControl(node, vm, async (session) => {
    await session.execute('cont');
    await note(node, vm, '');
    // Where its disk is full, its guest is paused again at once.
    await notePause(node, vm, session, false);
  });
}

const statusSchema = z.object({ status: z.string() });

/**
 * Guests that have resumed or are stopped for another reason, such as a snapshot in progress, are not paused; a guest that never ran is.
 */
const pausedStates: readonly string[] = ['prelaunch', 'paused', 'io-error', 'internal-error', 'watchdog'];

/**
 * Queries QEMU, and notes its answer where it differs from the note: another caller may have paused the VM, or QEMU itself because its
 * disk is full. Resolves with true where the VM is paused.
 */
export async function notePause(node: NodeReach, vm: VmReference, session: QmpSession, noted: boolean | null): Promise<boolean> {
  const { status } = statusSchema.parse(await session.execute('query-status'));
  const paused = pausedStates.includes(status);
  if (paused !== noted) await note(node, vm, paused ? status : '');
  return paused;
}

async function note(node: NodeReach, vm: VmReference, word: string): Promise<void> {
  const { host, layout } = node;
  const { run: folder } = vmFolders(layout, vm.id);
  const identity = [String(vmUserId(vm.id)), processName(vm.id)];
  await run(host, { argv: ['sh', '-c', notePaused, 'croft-pause', folder, ...identity, word] });
}

/**
 * Where `gently`, the guest is asked through its agent, or else by Ctrl-Alt-Del: there is no ACPI button that reboots. A guest may ignore
 * both.
 */
export async function rebootVm(node: NodeReach, vm: VmReference, gently: boolean): Promise<void> {
  await withControl(node, vm, async (session) => {
    if (!gently) await session.execute('system_reset');
    else if (!(await tellAgent(node, vm, session, 'reboot'))) {
      await session.execute('send-key', { keys: ['ctrl', 'alt', 'delete'].map((data) => ({ type: 'qcode', data })) });
    }
  });
}

/** Asks the agent in the guest to shut the guest down; false where no agent listens. */
export async function tellAgent(node: NodeReach, vm: VmReference, session: QmpSession, mode: 'reboot' | 'powerdown'): Promise<boolean> {
  if (!(await agentListens(session))) return false;
  const told = await withAgent(node, vm, agentTimeout, async (agent) => {
    await agent.tell('guest-shutdown', { mode });
    return true;
  });
  return told ?? false;
}
