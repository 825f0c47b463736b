/** Whether a VM whose process ended by itself is started again, and when. Pure. */
import type { RestartPolicy } from '../model/vm/fields.ts';

const firstDelay = 5_000;
const longestDelay = 300_000;
/** A VM that ran this long has its earlier restarts forgiven. */
export const forgivenAfter = 600_000;

/** `lost`: the process ended otherwise than by the guest powering off. */
export function restarts(policy: RestartPolicy, lost: boolean): boolean {
  return policy === 'always' || (policy === 'on-failure' && lost);
}

/** How long to wait before try number `count` + 1, in ms: at once after the first failure, then 5 s, doubling up to 5 min. */
export function backOff(count: number): number {
  return count === 0 ? 0 : Math.min(longestDelay, firstDelay * 2 ** (count - 1));
}
