/** A router's plan: its record, a file that is written last, so that its presence means a complete router; and the plan's addresses. */
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
