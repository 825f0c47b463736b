/** Failed starts, failed changes and full disks get counts and times of their own, apart from the restarts by policy, which are kept. */
import type { SchemaWords } from '../database/database.ts';

export function retries({ text, integer }: SchemaWords): string[] {
  return [
    'alter table vms rename column retry_at to restart_at',
    'alter table vms rename column attempted to change_attempted',
    `alter table vms add column launch_failures ${integer} not null default 0`,
    `alter table vms add column launch_retry_at ${integer}`,
    `alter table vms add column launch_attempted ${text}`,
    `alter table vms add column change_failures ${integer} not null default 0`,
    `alter table vms add column change_retry_at ${integer}`,
    `alter table vms add column disk_failures ${integer} not null default 0`,
    `alter table vms add column disk_retry_at ${integer}`,
    // Both belonged to the change of a running VM, and to the start of any other VM, which is now tried at once.
    "update vms set change_retry_at = restart_at where state = 'running'",
    "update vms set restart_at = null where state not in ('stopped', 'failed')",
    "update vms set change_attempted = null where state <> 'running'",
  ];
}
