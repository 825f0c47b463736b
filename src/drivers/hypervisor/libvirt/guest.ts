/** The guest agent's data, as libvirt reports them. All of it comes from inside the guest. */
import { isIP } from 'node:net';
import { readKeyValues } from '../../../tools/virsh.ts';
import type { GuestReport } from '../driver.ts';
import { type DomainReach, onDomain } from './control.ts';

/** Time limit for the agent, in seconds. */
const guestTime = 4;
const mostInterfaces = 64;

/** See `NodeHypervisor.guest`. */
export async function askGuest(reach: DomainReach): Promise<GuestReport | null> {
  try {
    return readGuestInfo(await onDomain(reach, 'guestinfo', ['--os', '--hostname', '--interface'], { limit: guestTime }));
  } catch {
    return null;
  }
}

/** Null where the agent reported nothing. Text is cut to sane sizes and free of control characters. */
export function readGuestInfo(stdout: string): GuestReport | null {
  const values = readKeyValues(stdout);
  if (values.size === 0) return null;
  const text = (key: string, longest: number): string | null => values.get(key)?.replace(/\p{C}/gu, '').slice(0, longest) ?? null;
  const addresses = Array.from({ length: Math.min(Number(values.get('if.count') ?? 0), mostInterfaces) }, (_, nic) => {
    const count = Math.min(Number(values.get(`if.${nic}.addr.count`) ?? 0), mostInterfaces);
    return Array.from({ length: count }, (_, index) => ({
      nic: text(`if.${nic}.name`, 64) ?? '',
      mac: text(`if.${nic}.hwaddr`, 17),
      address: text(`if.${nic}.addr.${index}.addr`, 64) ?? '',
    })).filter(({ address }) => isIP(address) !== 0);
  });
  return { hostname: text('hostname', 253), operatingSystem: text('os.pretty-name', 200), addresses: addresses.flat() };
}
