/** Communication with a VM's QEMU over its control socket, and with the agent in its guest. */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { AgentSession } from '../../../tools/guest-agent.ts';
import { QmpSession } from '../../../tools/qmp.ts';
import { type NodeReach, notRunning, type VmReference } from '../driver.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { lookForProcess } from '../vm-folder/scripts.ts';
import { agentChardev } from './arguments.ts';

/** Time limit for QEMU's answer to a command, in ms. */
const controlTimeout = 5_000;

/**
 * One session of commands. Rejects with `vm.not-running` where the VM has no process, `command.timeout` where its QEMU is silent, or as
 * the work does.
 */
export async function withControl<T>(node: NodeReach, vm: VmReference, work: (session: QmpSession) => Promise<T>): Promise<T> {
  const { host, layout } = node;
  const stream = await host.connect(vmFolders(layout, vm.id).qmp).catch(async (thrown: unknown) => {
    if (!(thrown instanceof CroftError) || thrown.code !== 'not-found') throw thrown;
    throw (await hasProcess(node, vm)) ? silent(node, vm, thrown) : notRunning(node, vm, thrown);
  });
  try {
    const session = await QmpSession.open(stream, controlTimeout);
    try {
      return await work(session);
    } finally {
      session.close();
      await session.closed;
    }
  } catch (thrown) {
    throw onNode(node, vm, thrown);
  }
}

/** As `withControl`; false where the VM has no running QEMU. */
export async function whileRunning(node: NodeReach, vm: VmReference, work: (session: QmpSession) => Promise<void>): Promise<boolean> {
  let begun = false;
  try {
    await withControl(node, vm, async (session) => {
      begun = true;
      await work(session);
    });
    return true;
  } catch (thrown) {
    if (!begun && thrown instanceof CroftError && thrown.code === 'vm.not-running') return false;
    throw thrown;
  }
}

/** A QEMU that hangs accepts a few sessions without an answer, and then no more. */
async function hasProcess(node: NodeReach, vm: VmReference): Promise<boolean> {
  const { host, layout } = node;
  const identity = [vmFolders(layout, vm.id).run, String(vmUserId(vm.id)), processName(vm.id)];
  return (await run(host, { argv: ['sh', '-c', lookForProcess, 'croft-find', ...identity] })).code === 0;
}

function silent({ host: { name } }: NodeReach, { label }: VmReference, cause: unknown): CroftError {
  const hint = `Look at its process on ${name} for what it waits; stopping the VM ends it by force.`;
  return new CroftError('command.timeout', `the QEMU of VM ${label} on ${name} runs, but nothing answers at its control socket`, {
    node: name,
    cause,
    hint,
  });
}

function onNode({ host }: NodeReach, { label }: VmReference, thrown: unknown): unknown {
  if (!(thrown instanceof CroftError) || thrown.node !== undefined) return thrown;
  const { code, message, hint } = thrown;
  return new CroftError(code, `VM ${label} on ${host.name}: ${message}`, {
    node: host.name,
    cause: thrown,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** One session with the agent in the guest; null where none answers, or it stops answering. `within`: ms for the whole session. */
export async function withAgent<T>(
  node: NodeReach,
  vm: VmReference,
  within: number,
  work: (agent: AgentSession) => Promise<T>,
): Promise<T | null> {
  const { host, layout } = node;
  let agent: AgentSession | undefined;
  try {
    agent = await AgentSession.open(await host.connect(vmFolders(layout, vm.id).agent), { within, mark: randomInt(2 ** 32) });
    return await work(agent);
  } catch {
    return null;
  } finally {
    agent?.close();
  }
}

const chardevsSchema = z.array(z.object({ label: z.string(), 'frontend-open': z.boolean() }));

/** Whether a program in the guest has opened the agent's channel: otherwise waiting for its answer is pointless. */
export async function agentListens(session: QmpSession): Promise<boolean> {
  const chardevs = chardevsSchema.parse(await session.execute('query-chardev'));
  return chardevs.some((chardev) => chardev.label === agentChardev && chardev['frontend-open']);
}
