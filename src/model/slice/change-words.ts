/** A slice's change in human-readable form: one line per network and VM. */

import { type FieldChange, introduction } from '../field.ts';
import { networkFields } from '../network/fields.ts';
import { vmFields } from '../vm/fields.ts';
import type { ChangeTime, NetworkChange, SliceChange, VmChange } from './change.ts';

/** Lines begin with `+` created, `~` changed, `-` removed, `-/+` removed and recreated; none where nothing differs. */
export function describeChange(change: SliceChange): string[] {
  const { placement } = change;
  const own = placement === null ? [] : [`~ placement: ${placement.from} → ${placement.to} (nothing moves)`];
  return [...own, ...change.networks.map(networkLine), ...change.vms.map(vmLine)];
}

const consequences = {
  update: '',
  restart: ' (restart)',
  recreate: ' (recreated, its disk is lost)',
} as const;

function networkLine(change: NetworkChange): string {
  if (change.kind === 'remove') return `- network ${change.name}`;
  if (change.kind === 'create') return `+ network ${change.spec.name}: ${introduction(networkFields, change.spec)}`;
  return `~ network ${change.spec.name}: ${fieldsInWords(change.changes)}`;
}

function vmLine(change: VmChange): string {
  if (change.kind === 'remove') return `- vm ${change.name} (its disk is lost)`;
  if (change.kind === 'create') return `+ vm ${change.spec.name}: ${introduction(vmFields, change.spec)}`;
  const sign = change.kind === 'recreate' ? '-/+' : '~';
  const stays = change.kind === 'update' && change.changes.some(({ field }) => field === 'placement') ? ' (it does not move)' : '';
  return `${sign} vm ${change.spec.name}: ${fieldsInWords(change.changes)}${consequences[change.kind]}${stays}`;
}

const times: Record<ChangeTime, string> = {
  live: ' (while it runs)',
  offered: ' (while it runs if its guest allows it, else at its next start)',
  'next-start': ' (at its next start)',
};

function fieldsInWords(changes: readonly (FieldChange<string> & { loses?: string; when?: ChangeTime })[]): string {
  return changes
    .map(({ field, from, to, loses, when }) => {
      const lost = loses === undefined ? '' : ` (${loses} is lost)`;
      return `${field} ${from ?? 'none'} → ${to ?? 'none'}${lost}${when === undefined ? '' : times[when]}`;
    })
    .join(', ');
}
