/** Separates a network's VLAN tag from its segment, which may have 24 bits. Existing networks keep their tags. */
import type { SchemaWords } from '../database/database.ts';

export function vlanTags({ integer }: SchemaWords): string[] {
  return [
    // Null where no trunk carries the network.
    `alter table networks add column vlan ${integer}`,
    'update networks set vlan = segment',
    'create unique index networks_by_vlan on networks (vlan)',
    // The numbers that were assigned last: of tags, and of segments that no trunk carries, which begin above all tags.
    'alter table controller rename column last_segment to last_vlan',
    `alter table controller add column last_segment ${integer} not null default 0`,
  ];
}
