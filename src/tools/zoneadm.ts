/** `zoneadm`: the states of zones, read from its parsable list, in TypeScript and as a shell function. */

/** As zoneadm(8) names them. */
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
 * Reads a line of `zoneadm list -cp`: `zoneid:zonename:state:zonepath:uuid:brand:ip-type`, in whose path a colon is written
 * `\:`. Source: zone_print in illumos-gate, usr/src/cmd/zoneadm/zoneadm.c. Null for a line that is none.
 */
export function readListedZone(line: string): ListedZone | null {
  const [, name, state, zonepath] = line.split(/(?<!\\):/);
  if (name === undefined || state === undefined || zonepath === undefined) return null;
  return { name, state: states.has(state) ? (state as ZoneState) : 'unknown', zonepath: zonepath.replaceAll('\\:', ':') };
}

/**
 * zone_state NAME ZONEPATH: sets `zone` to the state of the zone, to \`none\` where there is none, and to \`foreign\` where the
 * zone of that name lies elsewhere. Ends the script where zoneadm cannot tell.
 */
export const zoneStateFunction = `
zone_state() {
  if line=$(zoneadm -z "$1" list -p 2>&1); then
    rest=\${line#*:}
    rest=\${rest#*:}
    zone=\${rest%%:*}
    rest=\${rest#*:}
    [ "\${rest%%:*}" = "$2" ] || zone=foreign
  else
    case $line in
    *'No such zone'*) zone=none ;;
    *) printf '%s\\n' "$line" >&2; exit 1 ;;
    esac
  fi
}
`;
