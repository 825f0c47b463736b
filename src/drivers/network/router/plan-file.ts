/** The file in a router's folder that records the router's plan; written last, so the file's presence means a complete router. */
import { type RouterPlan, routerPlanSchema } from '../../../model/node/plan.ts';
import { versionedForm } from '../../../model/versioned.ts';
import { transitName } from '../names.ts';

export const planFile = 'plan.json';

export const routerPlanForm = versionedForm({ what: 'the plan', schema: routerPlanSchema, bare: true });

/** Whether any of its networks reaches the outside; only then does the router have a transit link. */
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
