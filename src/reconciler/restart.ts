/** Whether a VM whose process ended by itself is started again, and when. Pure. */
import { Backoff } from '../model/backoff.ts';
import type { RestartPolicy } from '../model/vm/fields.ts';

/** Delays of successive restarts: at once, then after 5 s, doubling up to 5 min, until the VM has run for 10 min. */
export const restartBackoff = new Backoff({ first: 5_000, longest: 300_000, forgivenAfter: 600_000 });

/** `lost`: the process ended in another way than by the guest powering off. */
export function restarts(policy: RestartPolicy, lost: boolean): boolean {
  return policy === 'always' || (policy === 'on-failure' && lost);
}
