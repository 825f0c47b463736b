/** `zoneadm`: the states of zones, read from its parsable list; scripts read them by scripts/zone-state.sh. */

/** The names of zoneadm(8). */
export type ZoneState = 'configured' | 'incomplete' | 'installed' | 'ready' | 'mounted' | 'running' | 'shutting_down' | 'down';

export interface ListedZone {
  name: string;
  state: ZoneState | 'unknown';
  zonepath: string;
}

const states: ReadonlySet<string> = new Set([
  'configured',
  'incomplete',
  'installed',
  'ready',
  'mounted',
  'running',
  'shutting_down',
  'down',
]);

/**
 * Reads a line of `zoneadm list -cp`: `zoneid:zonename:state:zonepath:uuid:brand:ip-type`, in whose path a colon is written `\:`. Source:
 * zone_print in illumos-gate, usr/src/cmd/zoneadm/zoneadm.c. Null for any other line.
 */
export function readListedZone(line: string): ListedZone | null {
  const [, name, state, zonepath] = line.split(/(?<!\\):/);
  if (name === undefined || state === undefined || zonepath === undefined) return null;
  return { name, state: states.has(state) ? (state as ZoneState) : 'unknown', zonepath: zonepath.replaceAll('\\:', ':') };
}
