/** The doctor's findings about a node's hypervisor: whether it answers, its capabilities, and whether its VMs are limited. Pure. */
import { type Capability, capabilities, type DriverProbe, type HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import type { DoctorCheck } from '../model/node/doctor.ts';
import { limitsInWords } from '../model/node/limits.ts';

/** `fix` is the repair where it does not answer; null where no repair is known. */
export function hypervisorChecks(
  { name, can }: Pick<HypervisorDriver, 'name' | 'can'>,
  probe: DriverProbe,
  fix: string | null,
): DoctorCheck[] {
  if (!probe.usable) return [{ name: 'hypervisor', ok: false, detail: `${name} cannot be used: ${probe.reason}`, fix }];
  return [
    { name: 'hypervisor', ok: true, detail: `${name} ${probe.version}; ${abilitiesInWords(can)}`, fix: null },
    { name: 'limits', ok: true, detail: limitsInWords(probe.limits), fix: null },
  ];
}

function abilitiesInWords(can: ReadonlySet<Capability>): string {
  const lacking = capabilities.filter((capability) => !can.has(capability));
  return lacking.length === 0 ? `can ${capabilities.join(', ')}` : `cannot ${lacking.join(', ')}`;
}
