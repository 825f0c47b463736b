/** The file in a router's folder that tells what it was made from; written last, so where it is there the router was complete. */
import { z } from 'zod';
import type { RouterPlan } from '../../../model/node/plan.ts';
import { transitName } from '../names.ts';

export const planFile = 'plan.json';

const namedAddress = z.object({ hostname: z.string(), address: z.ipv4() });
const schema = z.object({
  sliceId: z.string(),
  slice: z.string(),
  transit: z.cidrv4(),
  networks: z.array(
    z.object({
      networkId: z.string(),
      name: z.string(),
      segment: z.int(),
      cidr: z.cidrv4(),
      gateway: z.ipv4(),
      internet: z.boolean(),
      dhcp: z.boolean(),
      leases: z.array(namedAddress.extend({ mac: z.string() })),
      names: z.array(namedAddress),
    }),
  ),
}) satisfies z.ZodType<RouterPlan>;

/** Reads it; null where it is not what this version writes. */
export function readRouterPlan(text: string | undefined): RouterPlan | null {
  if (text === undefined) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whether any of its networks reaches the outside; only then is there a transit link. */
export function hasInternet(plan: RouterPlan): boolean {
  return plan.networks.some((network) => network.internet);
}

/** Both ends of the transit link: the node's first, the router's second address of the /30. */
export function transitAddresses(plan: RouterPlan): { node: string; router: string; interfaceName: string } {
  const [a, b, c, d] = (plan.transit.split('/')[0] as string).split('.').map(Number) as [number, number, number, number];
  return { node: `${a}.${b}.${c}.${d + 1}`, router: `${a}.${b}.${c}.${d + 2}`, interfaceName: transitName(plan.sliceId) };
}

export function prefixOf(cidr: string): number {
  return Number(cidr.split('/')[1]);
}

/** The dotted form of a prefix length. */
export function netmaskOf(cidr: string): string {
  const bits = (0xffffffff << (32 - prefixOf(cidr))) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
