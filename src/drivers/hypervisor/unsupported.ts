/** How a driver refuses what it does not declare. */
import { CroftError } from '../../model/error.ts';
import type { Capability } from './driver.ts';

export function unsupported(driver: string, capability: Capability): CroftError {
  return new CroftError('unsupported', `the hypervisor ${driver} cannot do this: ${capability}`, {
    hint: 'Use a node with another hypervisor for this VM.',
  });
}
