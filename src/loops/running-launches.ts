/** What VMs of a node run from, where that is not what is wanted. */
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import { perform } from '../host/host.ts';
import { planHash, type VmLaunch, type WantedVm } from '../model/node-plan.ts';
import type { NodeConnection } from './node-worker.ts';

/** By VM: those that should run, do run, and not from what is wanted. The others cost no look. */
export async function runningLaunches(
  { host, layout, hypervisor }: Omit<NodeConnection, 'network'>,
  wanted: readonly WantedVm[],
  seen: readonly ObservedVm[],
): Promise<Map<string, VmLaunch>> {
  const hashes = new Map(seen.flatMap(({ id, state, launchHash }) => (state === 'running' ? [[id, launchHash] as const] : [])));
  const ids = wanted.flatMap(({ desired, launch }) =>
    desired === 'running' && hashes.has(launch.id) && hashes.get(launch.id) !== planHash(launch) ? [launch.id] : [],
  );
  if (ids.length === 0) return new Map();
  const launches = await perform(host, ...ids.map((id) => hypervisor.runningLaunch(layout, id)));
  // One that is another by now than it was observed as is what it is now: what a controller that was killed began may still go on.
  return new Map(launches.flatMap((launch) => (launch === null ? [] : [[launch.id, launch] as const])));
}
