/** The disks of a VM that runs, reached by the control socket of its QEMU and the agent in its guest. */
import type { Host } from '../../../host/host.ts';
import type { QmpSession } from '../../../tools/qmp.ts';
import { runJob } from '../../../tools/qmp-job.ts';
import type { NodeLayout } from '../driver.ts';
import { vmDisks } from '../vm-folder/disks.ts';
import { type GuestFileSystems, letGo, stillFrozen, whileFrozen } from '../vm-folder/frozen.ts';
import type { LiveControl } from '../vm-folder/live-disks.ts';
import { installedVersion } from '../vm-folder/node.ts';
import { nicDevice } from './arguments.ts';
import { agentListens, whileRunning, withAgent } from './control.ts';
import { notePause } from './power.ts';
import { killVm } from './stop.ts';

export const qemuLive: LiveControl = {
  nicDevice,
  version: installedVersion,
  kill: killVm,
  async whileRunning(host, layout, vm, work) {
    return await whileRunning(host, layout, vm.id, async (session) => {
      await work({
        nodes: vmDisks(layout, vm).map(({ node }) => node),
        execute: (command, parameters, timeout) => session.execute(command, parameters, timeout),
        job: (command, parameters, timeout) => runJob(session, command, parameters, timeout),
        frozen: (inner) => frozen(host, layout, vm.id, session, inner),
        async resume() {
          await session.execute('cont');
          await notePause(host, layout, vm.id, session, null);
        },
      });
    });
  },
};

/** ms that the agent in the guest has for writing out all that the guest holds in memory, and for going on after that. */
const freezeTime = 20_000;

async function frozen(host: Host, layout: NodeLayout, vmId: string, session: QmpSession, work: () => Promise<void>): Promise<void> {
  if (!(await agentListens(session))) return await work();
  await whileFrozen(host, layout, vmId, fileSystems(host, layout, vmId), work);
}

function fileSystems(host: Host, layout: NodeLayout, vmId: string): GuestFileSystems {
  const ask = (command: string) => withAgent(host, layout, vmId, freezeTime, (agent) => agent.execute(command));
  return {
    /** An agent that said nothing in time may freeze them yet. */
    async freeze() {
      await ask('guest-fsfreeze-freeze');
      return true;
    },
    thaw: async () => (await ask('guest-fsfreeze-thaw')) !== null,
  };
}

/** See `HypervisorDriver.thaw`. */
export async function thawVm(host: Host, layout: NodeLayout, vmId: string): Promise<void> {
  await whileRunning(host, layout, vmId, async (session) => {
    if (!(await agentListens(session)) || !(await letGo(host, layout, vmId, fileSystems(host, layout, vmId).thaw)))
      throw stillFrozen(host, vmId);
  });
}
