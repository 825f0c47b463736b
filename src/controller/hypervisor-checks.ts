/** What the doctor says of a node's hypervisor: whether it answers, what it can do, and whether its VMs are kept within limits. Pure. */
import { type Capability, capabilities, type DriverProbe, type HypervisorDriver } from '../drivers/hypervisor/driver.ts';
import type { DoctorCheck } from '../model/node/doctor.ts';
import { limitsInWords } from '../model/node/limits.ts';

/** `fix` is what puts it right where it does not answer; null where that is not known. */
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
