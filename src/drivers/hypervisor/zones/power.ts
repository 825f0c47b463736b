/** Starts, stops and removes a VM's zone. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Host, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { planHash } from '../../../model/node/plan.ts';
import { zfsFailure } from '../../../tools/zfs.ts';
import type { NodeLayout, NodeReach, StopTimes, VmReference, VmWithLaunch } from '../driver.ts';
import { runningForm } from '../vm-folder/launch-record.ts';
import { zonePlaces } from './names.ts';
import { readDataset } from './node.ts';
import { forgetEnd, haltZone, lookAtZone, notInstalled, pressPower, removeZone, startZone } from './scripts.ts';

/** Time limit for booting or halting a zone, in ms. */
const patience = 120_000;
/** A guest that is still booting ignores the power button, so it is pressed again after this many ms. */
const pressEvery = 3_000;
/** The pauses between checks of a zone, in ms: increasing. */
const shortestRest = 125;
const longestRest = 1_000;

/** A VM's zone on a node. */
export interface ZoneReach {
  host: Host;
  layout: NodeLayout;
  vm: VmReference;
}

/** See `NodeHypervisor.start`. */
export async function startVmZone(node: NodeReach, vm: VmWithLaunch): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  const { zone, zonepath, folder, temporary } = zonePlaces(layout, vm.id);
  const own = `${await readDataset(node)}/vms/${vm.id}`;
  const result = await run(host, {
    argv: ['sh', '-c', startZone, 'croft-start', zone, zonepath, folder, own, temporary, planHash(launch)],
    stdin: runningForm.write(launch),
    timeout: patience,
  });
  if (result.code === 0) return;
  const words = result.stderr.trim() || `exit code ${result.code}`;
  throw new CroftError('vm.launch', `${vm.label} could not be started on ${host.name}: ${words}`, {
    node: host.name,
    ...(result.code === notInstalled && { hint: `Look at the zone on ${host.name}: zoneadm list -cv` }),
  });
}

/** See `NodeHypervisor.stop`. There is no intermediate way between the power button and halting the zone. */
export async function stopVmZone(node: NodeReach, vm: VmReference, times: StopTimes): Promise<'powered-down' | 'killed' | 'not-running'> {
  const reach = { ...node, vm };
  const answer = times.powerdown > 0 ? await powerDown(reach, times.powerdown) : 'ignored';
  if (answer !== 'ignored') return answer;
  if ((await tell(reach, haltZone)) === 'halted') return 'killed';
  return times.powerdown > 0 ? 'powered-down' : 'not-running';
}

/**
 * Presses the power button until the zone has ended, for at most `within` ms. The note that its end is wanted stays, so that the end does
 * not count as the guest's own wish.
 */
export async function powerDown(reach: ZoneReach, within: number): Promise<'powered-down' | 'ignored' | 'not-running'> {
  const end = performance.now() + within;
  let pressed: number | null = null;
  for (let rest = shortestRest; ; rest = Math.min(rest * 2, longestRest)) {
    const presses = pressed === null || performance.now() - pressed >= pressEvery;
    if ((await tell(reach, presses ? pressPower : lookAtZone)) === 'gone') return pressed === null ? 'not-running' : 'powered-down';
    if (presses) pressed = performance.now();
    const left = end - performance.now();
    if (left <= 0) return 'ignored';
    await delay(Math.min(rest, left));
  }
}

/** Withdraws the wish for the zone's end; false where it has ended meanwhile. */
export async function leaveRunning(reach: ZoneReach): Promise<boolean> {
  return (await tell(reach, forgetEnd)) === 'runs';
}

async function tell({ host, layout, vm }: ZoneReach, script: string): Promise<'gone' | 'runs' | 'halted'> {
  const { zone, zonepath, folder } = zonePlaces(layout, vm.id);
  const { code, stdout, stderr } = await run(host, {
    argv: ['sh', '-c', script, 'croft-end', zone, zonepath, folder],
    ...(script === haltZone && { timeout: patience }),
  });
  const answer = (['gone', 'runs', 'halted'] as const).find((known) => known === stdout.trim());
  if (code === 0 && answer !== undefined) return answer;
  throw new CroftError('command.failed', `the zone ${zone} of ${host.name} could not be ended: ${stderr.trim() || `exit code ${code}`}`, {
    node: host.name,
  });
}

/** Halts the zone and removes all its remains. */
export async function destroyVmZone(node: NodeReach, vm: VmReference): Promise<void> {
  const { host, layout } = node;
  await stopVmZone(node, vm, { powerdown: 0, terminate: 0 });
  const { zone, zonepath, folder } = zonePlaces(layout, vm.id);
  const own = await readDataset(node).then(
    (dataset) => `${dataset}/vms/${vm.id}`,
    (error: CroftError) => {
      if (error.code !== 'node.unfit') throw error;
      return '';
    },
  );
  const result = await run(host, { argv: ['sh', '-c', removeZone, 'croft-remove', zone, zonepath, folder, own], timeout: patience });
  if (result.code !== 0) throw zfsFailure(`the zone ${zone} of ${host.name} could not be removed`, result);
}
