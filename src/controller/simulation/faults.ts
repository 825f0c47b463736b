/** The faults of a simulation: the requested share of failing operations, a third of it at each point. */
import type { FaultPlace, FaultRule, NoopFaults, NoopOperation } from '../../drivers/hypervisor/noop/faults.ts';
import type { Simulation } from './simulation.ts';

/** All operations that change a VM. Observations do not fail: the next pass repeats them anyway. */
const failing: readonly NoopOperation[] = [
  ...(['prepare', 'start', 'stop', 'kill', 'destroy', 'transfer', 'pause', 'resume', 'reboot', 'resize'] as const),
  ...(['snapshot', 'revert', 'removeSnapshot'] as const),
  ...(['attachNic', 'detachNic', 'attachVolume', 'detachVolume'] as const),
];
const places: readonly FaultPlace[] = ['before', 'halfway', 'after'];

export function faultsOf({ seed, failures, delay }: Pick<Simulation, 'seed' | 'failures' | 'delay'>): NoopFaults {
  const third = failures / places.length;
  // Each rule is evaluated only where the rules before it let the operation pass, and is to catch a third of all failures.
  const rules = places.map((place, order): FaultRule => ({ operations: failing, rate: third / (1 - order * third), place }));
  return { seed, rules: failures === 0 ? [] : rules, delays: { other: delay }, lostEvents: failures };
}
