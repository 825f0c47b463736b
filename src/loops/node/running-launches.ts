/** Reads the launches of a node's VMs that differ from the wanted launches. */
import type { NodeHypervisor, NodeReach, ObservedVm } from '../../drivers/hypervisor/driver.ts';
import { type Call, perform } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { isHashOf, type VmLaunch, type WantedVm } from '../../model/node/plan.ts';
import type { PlanInput } from '../../reconciler/plan.ts';
import { inWords } from './recorder.ts';

/** For VMs that should run, do run, and run from another launch than wanted. The other VMs need no read. */
export async function runningLaunches(
  { host, hypervisor }: Pick<NodeReach, 'host'> & { hypervisor: Pick<NodeHypervisor, 'runningLaunch'> },
  wanted: readonly WantedVm[],
  seen: readonly ObservedVm[],
): Promise<Pick<PlanInput, 'running' | 'unreadable'>> {
  const hashes = new Map(seen.flatMap(({ id, state, launchHash }) => (state === 'running' ? [[id, launchHash] as const] : [])));
  const vms = wanted.flatMap(({ desired, launch, label }) =>
    desired === 'running' && hashes.has(launch.id) && !isHashOf(hashes.get(launch.id) ?? null, launch) ? [{ id: launch.id, label }] : [],
  );
  if (vms.length === 0) return { running: new Map(), unreadable: new Map() };
  const answers = await perform(host, ...vms.map((vm) => withoutThrowing(hypervisor.runningLaunch(vm))));
  const known = vms.map(({ id }, index) => [id, answers[index]] as const);
  // A VM that has changed since its observation counts as it is now: work begun by a killed controller may still be in progress.
  return {
    running: new Map(known.flatMap(([id, answer]) => (answer === null || answer instanceof CroftError ? [] : [[id, answer as VmLaunch]]))),
    unreadable: new Map(known.flatMap(([id, answer]) => (answer instanceof CroftError ? [[id, inWords(answer)]] : []))),
  };
}

/** A launch that cannot be read does not affect the other VMs. */
function withoutThrowing<T>({ command, parse }: Call<T>): Call<T | CroftError> {
  return {
    command,
    parse(result) {
      try {
        return parse(result);
      } catch (thrown) {
        if (thrown instanceof CroftError) return thrown;
        throw thrown;
      }
    },
  };
}
