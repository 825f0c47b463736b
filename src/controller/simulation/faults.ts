/** What goes wrong in a simulation: the share of operations that was asked for, a third of it at each place. */
import type { FaultPlace, FaultRule, NoopFaults, NoopOperation } from '../../drivers/hypervisor/noop/faults.ts';
import type { Simulation } from './simulation.ts';

/** All that changes a VM. What only looks at one does not fail: it is read again in the next pass. */
const failing: readonly NoopOperation[] = [
  ...(['prepare', 'start', 'stop', 'kill', 'destroy', 'transfer', 'pause', 'resume', 'reboot', 'resize'] as const),
  ...(['snapshot', 'revert', 'removeSnapshot'] as const),
  ...(['attachNic', 'detachNic', 'attachVolume', 'detachVolume'] as const),
];
const places: readonly FaultPlace[] = ['before', 'halfway', 'after'];

export function faultsOf({ seed, failures, delay }: Pick<Simulation, 'seed' | 'failures' | 'delay'>): NoopFaults {
  const third = failures / places.length;
  // Each rule is asked only where those before it let the operation pass, and is to catch a third of all.
  const rules = places.map((place, order): FaultRule => ({ operations: failing, rate: third / (1 - order * third), place }));
  return { seed, rules: failures === 0 ? [] : rules, delays: { other: delay }, lostEvents: failures };
}
