/** The disks of a running VM, controlled by its QEMU, to which libvirt passes commands. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Host, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { findJob, jobId } from '../../../tools/qmp-job.ts';
import { versionScript, virshFailure } from '../../../tools/virsh.ts';
import { vmDisks } from '../vm-folder/disks.ts';
import { type GuestFileSystems, letGo, stillFrozen, whileFrozen } from '../vm-folder/frozen.ts';
import type { LiveControl, LiveDisks } from '../vm-folder/live-disks.ts';
import { type DomainReach, domainState, monitor, onDomain, resumeDomain } from './control.ts';
import { nicAlias } from './devices.ts';
import type { LibvirtOptions } from './identity.ts';
import { killVm } from './stop.ts';

/**
 * libvirt's own snapshots inside disks cannot omit the memory, are not available with UEFI, and are known to one node's libvirt alone;
 * QEMU's snapshots have none of these limits: the disks contain them and carry them along.
 */
export function libvirtLive(options: LibvirtOptions): LiveControl {
  return {
    nicDevice: nicAlias,
    version: (host) => qemuVersion(host, options),
    kill: ({ host, layout }, vm) => killVm({ host, layout, options, vm }),
    async whileRunning({ host, layout }, vm, work) {
      const reach = { host, layout, options, vm };
      if (['shut off', 'crashed'].includes(await domainState(reach))) return false;
      await work(await liveDisks(reach, vm.launch));
      return true;
    },
  };
}

/** Major and minor version of the QEMU that libvirt starts. */
async function qemuVersion(host: Host, { uri }: LibvirtOptions): Promise<string> {
  const result = await run(host, { argv: ['sh', '-c', versionScript, 'croft-version', uri], timeout: 60_000 });
  const version = /hypervisor: QEMU (\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.code === 0 && version !== undefined) return version;
  throw virshFailure(host.name, 'the version of its QEMU cannot be read', result);
}

/** Interval between two checks of a job, in ms. */
const lookEvery = 250;

async function liveDisks(reach: DomainReach, launch: VmLaunch): Promise<LiveDisks> {
  const execute: LiveDisks['execute'] = (command, parameters, timeout) => monitor(reach, command, parameters, timeout);
  return {
    nodes: await nodesOf(reach, launch),
    execute,
    job: (command, parameters, timeout) => runJob(reach, execute, command, parameters, timeout),
    frozen: (work) => whileFrozen(reach, reach.vm, fileSystems(reach), work),
    resume: () => resumeDomain(reach),
  };
}

function fileSystems(reach: DomainReach): GuestFileSystems {
  return {
    /** A command that libvirt refuses has not begun, as where there is no agent. A command that only timed out may still take effect. */
    freeze: () =>
      onDomain(reach, 'domfsfreeze').then(
        () => true,
        (thrown) => !(thrown instanceof CroftError && thrown.code === 'command.failed'),
      ),
    thaw: () =>
      onDomain(reach, 'domfsthaw').then(
        () => true,
        () => false,
      ),
  };
}

/** See `NodeHypervisor.thaw`. */
export async function thawVm(reach: DomainReach): Promise<void> {
  if (['shut off', 'crashed'].includes(await domainState(reach))) return;
  if (!(await letGo(reach, reach.vm, fileSystems(reach).thaw))) throw stillFrozen(reach.host, reach.vm);
}

const blocksSchema = z.array(z.object({ inserted: z.object({ 'node-name': z.string(), file: z.string() }).optional() }));

/** libvirt's names of the disks, found by their files; the first disk first. */
async function nodesOf(reach: DomainReach, launch: VmLaunch): Promise<string[]> {
  const blocks = blocksSchema.parse(await monitor(reach, 'query-block', {}, 10_000));
  const names = new Map(blocks.flatMap(({ inserted }) => (inserted === undefined ? [] : [[inserted.file, inserted['node-name']]])));
  return vmDisks(reach.layout, launch).map(({ file }) => {
    const name = names.get(file);
    if (name !== undefined) return name;
    throw new CroftError('conflict.changed', `VM ${reach.vm.label} on ${reach.host.name} runs without its disk ${file}`, {
      node: reach.host.name,
      hint: 'Restart the VM: it has the disk then.',
    });
  });
}

/** A job that an earlier controller left is waited for first, whatever its result. */
async function runJob(
  reach: DomainReach,
  execute: LiveDisks['execute'],
  command: string,
  parameters: Record<string, unknown>,
  timeout: number,
): Promise<void> {
  await concluded(reach, execute, timeout);
  await execute(command, { 'job-id': jobId, ...parameters }, timeout);
  const failure = await concluded(reach, execute, timeout);
  if (failure === undefined) return;
  throw new CroftError('command.failed', `VM ${reach.vm.label} on ${reach.host.name}: QEMU refused: ${failure}`, { node: reach.host.name });
}

/** Waits until there is no job any more; resolves with the reason of a failure. */
async function concluded({ host, vm }: DomainReach, execute: LiveDisks['execute'], timeout: number): Promise<string | undefined> {
  const over = performance.now() + timeout;
  do {
    const job = await findJob((query) => execute(query, {}, timeout));
    if (job === undefined) return undefined;
    if (job.status === 'concluded') {
      await execute('job-dismiss', { id: jobId }, 10_000);
      return job.error;
    }
    await delay(lookEvery);
  } while (performance.now() < over);
  throw new CroftError('command.timeout', `VM ${vm.label} on ${host.name}: QEMU's job did not end within ${timeout / 1000} s`, {
    node: host.name,
    hint: `Look whether the disks of ${host.name} are slow or full.`,
  });
}
