/** Restarts the guest of a VM in a zone: at once, or by a request to the guest. */
import { perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { PortPlan } from '../../../model/node/plan.ts';
import { notRunning } from '../driver.ts';
import { runningLaunch } from '../vm-folder/running.ts';
import { zonePlaces } from './names.ts';
import { leaveRunning, powerDown, startVmZone, type ZoneReach } from './power.ts';

/** Restarts the guest in the running zone. Rejects with `vm.not-running`. Source: bhyvectl(8). */
export async function resetVmZone(reach: ZoneReach): Promise<void> {
  const { host, layout, vm } = reach;
  const { zone, zonepath } = zonePlaces(layout, vm.id);
  const [listed] = await host.batch([{ argv: ['zoneadm', '-z', zone, 'list', '-p'] }]);
  if (!listed?.stdout.includes(`:${zone}:running:${zonepath}:`)) throw notRunning(reach, vm);
  const result = await run(host, { argv: ['bhyvectl', `--vm=${zone}`, '--force-reset'] });
  if (result.code === 0) return;
  throw new CroftError('command.failed', `VM ${vm.label} could not be restarted on ${host.name}: ${result.stderr.trim()}`, {
    node: host.name,
  });
}

export interface GentleReboot {
  /** ms that the guest has to shut down. */
  within: number;
  /** Creates the links as wanted; rejects where a link cannot be created. */
  protect(ports: readonly PortPlan[]): Promise<void>;
}

/**
 * Lets the guest shut down and boots its zone again, with its links protected again: zoneadmd clears the protection whenever a zone ends,
 * also where it only reboots (vplat_teardown in illumos-gate, usr/src/cmd/zoneadmd/vplat.c). After an interruption the zone counts as
 * stopped, and the next pass starts it. Rejects with `vm.not-running`; with `vm.unheeded` where the guest does not shut down in time and
 * keeps running.
 */
export async function rebootVmZone(reach: ZoneReach, { within, protect }: GentleReboot): Promise<void> {
  const { host, layout, vm } = reach;
  const [launch] = await perform(host, runningLaunch(zonePlaces(layout, vm.id).folder));
  const answer = await powerDown(reach, within);
  if (answer === 'not-running') throw notRunning(reach, vm);
  if (answer === 'ignored' && (await leaveRunning(reach))) throw unheeded(reach, within);
  if (launch === null) return;
  await protect(launch.ports);
  await startVmZone(reach, { ...vm, launch });
}

function unheeded({ host, vm }: ZoneReach, within: number): CroftError {
  return new CroftError('vm.unheeded', `the guest of VM ${vm.label} did not shut down within ${within / 1000} s, and runs on`, {
    hint: 'Reset it without asking: `croft vm reboot --hard`.',
    node: host.name,
  });
}
