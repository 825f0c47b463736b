import type { QmpSession } from '../../../tools/qmp.ts';
import { runJob } from '../../../tools/qmp-job.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { vmDisks } from '../vm-folder/disks.ts';
import { type GuestFileSystems, letGo, stillFrozen, whileFrozen } from '../vm-folder/frozen.ts';
import type { LiveControl } from '../vm-folder/live-disks.ts';
import { nicDevice } from './arguments.ts';
import { agentListens, whileRunning, withAgent } from './control.ts';
import { notePause } from './power.ts';
import { installedVersion } from './probe.ts';
import { killVm } from './stop.ts';

export const qemuLive: LiveControl = {
  nicDevice,
  version: installedVersion,
  kill: killVm,
  async whileRunning(node, vm, work) {
    return await whileRunning(node, vm, async (session) => {
      await work({
        nodes: vmDisks(node.layout, vm.launch).map((disk) => disk.node),
        execute: (command, parameters, timeout) => session.execute(command, parameters, timeout),
        job: (command, parameters, timeout) => runJob(session, command, parameters, timeout),
        frozen: (inner) => frozen(node, vm, session, inner),
        async resume() {
          await session.execute('cont');
          await notePause(node, vm, session, null);
        },
      });
    });
  },
};

/** Time limit, in ms, for the agent to flush all that the guest holds in memory, and to thaw the file systems after that. */
const freezeTime = 20_000;

async function frozen(node: NodeReach, vm: VmReference, session: QmpSession, work: () => Promise<void>): Promise<void> {
  if (!(await agentListens(session))) return await work();
  await whileFrozen(node, vm, fileSystems(node, vm), work);
}

function fileSystems(node: NodeReach, vm: VmReference): GuestFileSystems {
  const ask = (command: string) => withAgent(node, vm, freezeTime, (agent) => agent.execute(command));
  return {
    /** An agent that did not answer in time may still freeze them. */
    async freeze() {
      await ask('guest-fsfreeze-freeze');
      return true;
    },
    thaw: async () => (await ask('guest-fsfreeze-thaw')) !== null,
  };
}

/** See `NodeHypervisor.thaw`. */
export async function thawVm(node: NodeReach, vm: VmReference): Promise<void> {
  await whileRunning(node, vm, async (session) => {
    if (!(await agentListens(session)) || !(await letGo(node, vm, fileSystems(node, vm).thaw))) throw stillFrozen(node.host, vm);
  });
}
