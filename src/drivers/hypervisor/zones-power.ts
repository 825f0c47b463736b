/** Starting, stopping and removing a VM's zone. */
import { type Host, run } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { planHash, type VmLaunch } from '../../model/node-plan.ts';
import { zfsFailure } from '../../tools/zfs.ts';
import type { NodeLayout, StopTimes } from './driver.ts';
import { zonePlaces } from './zones-names.ts';
import { readDataset } from './zones-node.ts';
import { endZone, notInstalled, removeZone, startZone } from './zones-scripts.ts';

/** What booting or halting a zone may take, in ms. */
const patience = 120_000;
/** The script that ends a zone looks at it so often, in ms. */
const roundTime = 250;

/** See `HypervisorDriver.start`. */
export async function startVmZone(host: Host, layout: NodeLayout, vm: VmLaunch, label: string): Promise<void> {
  const { zone, zonepath, folder, temporary } = zonePlaces(layout, vm.id);
  const own = `${await readDataset(host, layout)}/vms/${vm.id}`;
  const result = await run(host, {
    argv: ['sh', '-c', startZone, 'croft-start', zone, zonepath, folder, own, temporary, planHash(vm)],
    stdin: JSON.stringify(vm),
    timeout: patience,
  });
  if (result.code === 0) return;
  const words = result.stderr.trim() || `exit code ${result.code}`;
  throw new CroftError('vm.launch', `${label} could not be started on ${host.name}: ${words}`, {
    node: host.name,
    ...(result.code === notInstalled && { hint: `Look at the zone on ${host.name}: zoneadm list -cv` }),
  });
}

/** See `HypervisorDriver.stop`. Between the power button and halting the zone there is nothing that could be tried. */
export async function stopVmZone(
  host: Host,
  layout: NodeLayout,
  vmId: string,
  times: StopTimes,
): Promise<'powered-down' | 'killed' | 'not-running'> {
  const { zone, zonepath, folder } = zonePlaces(layout, vmId);
  const rounds = Math.ceil(times.powerdown / roundTime);
  const { code, stdout, stderr } = await run(host, {
    argv: ['sh', '-c', endZone, 'croft-end', zone, zonepath, folder, String(rounds)],
    timeout: times.powerdown + patience,
  });
  const ending = (['powered-down', 'killed', 'not-running'] as const).find((known) => known === stdout.trim());
  if (code === 0 && ending !== undefined) return ending;
  throw new CroftError('command.failed', `the zone ${zone} of ${host.name} could not be ended: ${stderr.trim() || `exit code ${code}`}`, {
    node: host.name,
  });
}

/** Halts the zone and removes all that is left of it. */
export async function destroyVmZone(host: Host, layout: NodeLayout, vmId: string): Promise<void> {
  await stopVmZone(host, layout, vmId, { powerdown: 0, terminate: 0 });
  const { zone, zonepath, folder } = zonePlaces(layout, vmId);
  const own = await readDataset(host, layout).then(
    (dataset) => `${dataset}/vms/${vmId}`,
    (error: CroftError) => {
      if (error.code !== 'node.unfit') throw error;
      return '';
    },
  );
  const result = await run(host, { argv: ['sh', '-c', removeZone, 'croft-remove', zone, zonepath, folder, own], timeout: patience });
  if (result.code !== 0) throw zfsFailure(`the zone ${zone} of ${host.name} could not be removed`, result);
}

/**
 * Resets the guest at once, or lets it shut down and boots its zone anew. Rejects with `vm.not-running`.
 * Sources: bhyvectl(8); zoneadm(8), shutdown -r, which waits a minute for the guest.
 */
export async function rebootVmZone(host: Host, layout: NodeLayout, vmId: string, gently: boolean): Promise<void> {
  const { zone, zonepath } = zonePlaces(layout, vmId);
  const [listed] = await host.batch([{ argv: ['zoneadm', '-z', zone, 'list', '-p'] }]);
  if (!listed?.stdout.includes(`:${zone}:running:${zonepath}:`)) {
    throw new CroftError('vm.not-running', `VM ${vmId} does not run on ${host.name}`, { node: host.name });
  }
  const argv = gently ? (['zoneadm', '-z', zone, 'shutdown', '-r'] as const) : (['bhyvectl', `--vm=${zone}`, '--force-reset'] as const);
  const result = await run(host, { argv, timeout: patience });
  if (result.code === 0) return;
  throw new CroftError('command.failed', `VM ${vmId} could not be restarted on ${host.name}: ${result.stderr.trim()}`, { node: host.name });
}
