/** Whether zones of the brand bhyve can work on a node. */
import type { Call } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import type { DriverProbe } from '../driver.ts';

const script = readScript(import.meta.url, 'scripts/probe.sh');

export function probeZones(): Call<DriverProbe> {
  return {
    command: { argv: ['sh', '-c', script, 'croft-probe'] },
    parse({ code, stdout, stderr }) {
      if (code === 0) return { usable: true, version: stdout.trim() || 'unknown', limits: [] };
      return { usable: false, reason: stderr.trim() || `the probe ended with exit code ${code}` };
    },
  };
}
