/** The columns of a VM's retries. */
import type { Selectable } from 'kysely';
import type { LaunchRetry, Retry, VmObserved } from '../../model/vm/vm.ts';
import type { Tables } from '../database/tables.ts';

type Retries = Pick<VmObserved, 'launchRetry' | 'changeRetry' | 'diskRetry'>;

export function retriesOf(row: Selectable<Tables['vms']>): Retries {
  return {
    launchRetry: launchRetryOf(row.launch_failures, row.launch_retry_at, row.launch_attempted),
    changeRetry: launchRetryOf(row.change_failures, row.change_retry_at, row.change_attempted),
    diskRetry: row.disk_failures === 0 ? null : { failures: row.disk_failures, at: row.disk_retry_at },
  };
}

function launchRetryOf(failures: number, at: number | null, of: string | null): LaunchRetry | null {
  return of === null ? null : { failures, at, of };
}

export function launchRetryColumns(retry: LaunchRetry | null) {
  return { launch_failures: failures(retry), launch_retry_at: at(retry), launch_attempted: retry?.of ?? null };
}

export function changeRetryColumns(retry: LaunchRetry | null) {
  return { change_failures: failures(retry), change_retry_at: at(retry), change_attempted: retry?.of ?? null };
}

export function diskRetryColumns(retry: Retry | null) {
  return { disk_failures: failures(retry), disk_retry_at: at(retry) };
}

function failures(retry: Retry | null): number {
  return retry?.failures ?? 0;
}

function at(retry: Retry | null): number | null {
  return retry?.at ?? null;
}
