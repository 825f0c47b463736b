/** Whether zones of the brand bhyve can work on a node. */
import type { Call } from '../../../host/host.ts';
import type { DriverProbe } from '../driver.ts';

/** Exit code of the script where something is missing or does not run. */
const missing = 77;

/** Prints the release of the system. Says what is missing; a node that is not illumos has none of it. Brands lie in /usr/lib/brand. */
const script = `
[ "$(uname -s)" = SunOS ] || { echo "the node runs $(uname -s), not illumos" >&2; exit ${missing}; }
for program in zonecfg zoneadm zlogin zfs dladm kstat bhyvectl nc pkill; do
  command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit ${missing}; }
done
[ ! -d /usr/lib/brand ] || [ -d /usr/lib/brand/bhyve ] || { echo "the brand bhyve of zones is not installed" >&2; exit ${missing}; }
zoneadm list -c >/dev/null || exit ${missing}
state=$(svcs -H -o state svc:/system/zones:default) || exit ${missing}
[ "$state" = online ] || { echo "the service svc:/system/zones:default is $state; see svcs -x" >&2; exit ${missing}; }
uname -v
`;

export function probeZones(): Call<DriverProbe> {
  return {
    command: { argv: ['sh', '-c', script, 'croft-probe'] },
    parse({ code, stdout, stderr }) {
      if (code === 0) return { usable: true, version: stdout.trim() || 'unknown', limits: [] };
      return { usable: false, reason: stderr.trim() || `the probe ended with exit code ${code}` };
    },
  };
}
