/** A slice's change for a person: one line per network and VM. */

import { formatSize } from '../input/unit.ts';
import { impairmentInWords } from '../network/impairment.ts';
import type { ChangeTime, FieldChange, NetworkChange, SliceChange, VmChange } from './change.ts';
import { vmPlacementInWords } from './placement.ts';
import type { NetworkSpec, VmSpec } from './slice.ts';
import { volumeInWords } from './volume-diff.ts';

/** Lines begin with `+` made, `~` changed, `-` removed, `-/+` removed and made anew; none where nothing differs. */
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
  if (change.kind === 'create') return `+ network ${change.spec.name}: ${networkInWords(change.spec)}`;
  return `~ network ${change.spec.name}: ${fieldsInWords(change.changes)}`;
}

function vmLine(change: VmChange): string {
  if (change.kind === 'remove') return `- vm ${change.name} (its disk is lost)`;
  if (change.kind === 'create') return `+ vm ${change.spec.name}: ${vmInWords(change.spec)}`;
  const sign = change.kind === 'recreate' ? '-/+' : '~';
  const stays = change.kind === 'update' && change.changes.some(({ field }) => field === 'placement') ? ' (it does not move)' : '';
  return `${sign} vm ${change.spec.name}: ${fieldsInWords(change.changes)}${consequences[change.kind]}${stays}`;
}

function networkInWords(spec: NetworkSpec): string {
  return [spec.cidr, spec.link ? 'link' : null, spec.internet ? 'internet' : null, impairmentInWords(spec.impairment)]
    .filter((part) => part !== null)
    .join(', ');
}

function vmInWords(spec: VmSpec): string {
  const cpus = `${spec.cpus} ${spec.cpus === 1 ? 'CPU' : 'CPUs'}`;
  const nics = spec.nics.length === 0 ? 'no network' : spec.nics.map((nic) => nic.network).join(' and ');
  const words = [
    `image ${spec.image}, ${cpus}, ${formatSize(spec.memory)}`,
    spec.disk === null ? null : `disk ${formatSize(spec.disk)}`,
    spec.firmware === null ? null : spec.firmware.toUpperCase(),
    ...spec.volumes.map((volume) => `volume ${volumeInWords(volume)}`),
    nics,
    vmPlacementInWords(spec.placement),
  ];
  return words.filter((part) => part !== null).join(', ');
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
