/** Decides when a failed launch, a failed change of a running VM and the resumption after a full disk are tried again. Pure. */
import { Backoff } from '../model/backoff.ts';
import { isHashOf, planHash, type VmLaunch, type WantedVm } from '../model/node/plan.ts';
import type { LaunchRetry, Retry } from '../model/vm/vm.ts';

/** A start that succeeds forgives all earlier failures. */
const launchBackoff = new Backoff({ first: 5_000, longest: 300_000, least: 2_000 });
/** A change that succeeds forgives all earlier failures. */
const changeBackoff = new Backoff({ first: 5_000, longest: 300_000 });
/** A guest that waits for disk space resumes soon after there is some. */
const longestHalt = 60_000;
const diskBackoff = new Backoff({ first: 5_000, longest: longestHalt, forgivenAfter: longestHalt });

type TriedVm = Pick<WantedVm, 'launch' | 'launchRetry' | 'changeRetry'>;

export function launchFailed({ launch, launchRetry }: TriedVm, now: number): LaunchRetry {
  const before = failuresOf(launchRetry, launch);
  return { failures: before + 1, at: launchBackoff.retryAt(before, now), of: planHash(launch) };
}

export function changeFailed({ launch, changeRetry }: TriedVm, now: number): LaunchRetry {
  const failures = failuresOf(changeRetry, launch) + 1;
  return { failures, at: changeBackoff.retryAt(failures, now), of: planHash(launch) };
}

/** The guest accepted what it accepts while it runs, and is not offered the rest again. */
export function changeOffered(launch: VmLaunch): LaunchRetry {
  return { failures: 0, at: null, of: planHash(launch) };
}

/** The disk is full, or may be full again right after the resumption that happens now: the next resumption has to wait. */
export function diskFull(diskRetry: Retry | null, now: number): Retry {
  const failures = (diskRetry?.failures ?? 0) + 1;
  return { failures, at: diskBackoff.retryAt(failures, now) };
}

/** Whether a running guest has run for long since its disk was full. */
export function hasRoom({ at }: Retry, now: number): boolean {
  return diskBackoff.forgives(at, now);
}

/** Whether the time of the retry has not come yet. */
export function isAhead(retry: Retry | null, now: number): boolean {
  return retry !== null && retry.at !== null && now < retry.at;
}

/** Whether the retry belongs to this launch. */
export function isOf(retry: LaunchRetry | null, launch: VmLaunch): retry is LaunchRetry {
  return retry !== null && isHashOf(retry.of, launch);
}

/** A launch other than the failed one is tried at once. */
export function isPostponed(retry: LaunchRetry | null, launch: VmLaunch, now: number): boolean {
  return isAhead(retry, now) && isOf(retry, launch);
}

/** Whether the guest was offered the sizes of this launch, and did not take all of them. */
export function wasOffered(changeRetry: LaunchRetry | null, launch: VmLaunch): boolean {
  return isOf(changeRetry, launch) && changeRetry.at === null;
}

function failuresOf(retry: LaunchRetry | null, launch: VmLaunch): number {
  return isOf(retry, launch) ? retry.failures : 0;
}
