/** Snapshots and guest data, as text. Pure. */
import type { GuestReport, Snapshot } from '../../model/vm/operations.ts';
import { renderFields } from '../output/fields.ts';
import { ageInWords } from '../output/quantity.ts';
import { renderTable } from '../output/table.ts';
import type { ViewOptions } from './view.ts';

export function snapshotTable(snapshots: readonly Snapshot[], options: ViewOptions): string {
  if (snapshots.length === 0) return 'No snapshots. Make one with `croft vm snapshot SLICE/VM NAME`.';
  return renderTable(
    [{ title: 'SNAPSHOT', least: 10 }, { title: 'OF' }, { title: 'AGE', align: 'right' }],
    snapshots.map(({ name, memory, at }) => [name, memory ? 'disks and memory' : 'disks', ageInWords(at, options.now)]),
    options,
  );
}

export function guestText(report: GuestReport | null, options: ViewOptions): string {
  if (report === null) return 'No agent answers in the guest. Install qemu-guest-agent there.';
  const { hostname, operatingSystem, addresses } = report;
  return renderFields(
    [['host name', hostname], ['system', operatingSystem], ...addresses.map(({ nic, address }): [string, string] => [nic, address])],
    options,
  );
}
